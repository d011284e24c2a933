// What people do.
#include <algorithm>

#include "core/text.h"
#include "notifier/incident/casebook.h"

namespace finwatch::notifier {
namespace {

Error not_now(const Incident& incident, const std::string& why) { return {Errc::config, incident.number() + " " + why}; }

Status check_shape(const Action& action) {
  if (utf8_prefix(action.note) != action.note.size()) return {Errc::malformed, "the note is not UTF-8"};
  if (utf8_length(action.note) > kMostNote)
    return {Errc::malformed, "the note has more than " + std::to_string(kMostNote) + " characters"};
  const bool needs_note = action.kind == ActionKind::diagnose || action.kind == ActionKind::note;
  if (needs_note && trim(action.note).empty())
    return {Errc::malformed, std::string(to_string(action.kind)) + ": say it in the note, which is empty"};
  if (action.actor.empty()) return {Errc::malformed, "nobody is named as the one who acts"};
  return ok();
}

}  // namespace

Status Casebook::act(const Action& action, WallTime now, Decisions& out) {
  if (Status shape = check_shape(action); !shape) return shape;
  Incident* incident = at(action.incident);
  if (incident == nullptr)
    return {Errc::no_data, "no open incident INC-" + std::to_string(action.incident) +
                               ": it never was, or it was closed too long ago to be changed"};
  const auto done = [&]() -> Status {
    switch (action.kind) {
      case ActionKind::acknowledge: return acknowledge(*incident, action, now, out);
      case ActionKind::assign: return assign(*incident, action, now, out);
      case ActionKind::diagnose: return diagnose(*incident, action, now, out);
      case ActionKind::note: line(*incident, "note", {action.actor, action.channel}, action.note, now, out); return ok();
      case ActionKind::resolve: return resolve(*incident, action, now, out);
      case ActionKind::verify: return verify(*incident, action, now, out);
      case ActionKind::close: return close(*incident, action, Outcome::solved, now, out);
      case ActionKind::false_alarm: return close(*incident, action, Outcome::false_alarm, now, out);
      case ActionKind::reopen:
        if (incident->state < State::resolved) return not_now(*incident, "is open already");
        if (incident->outcome == Outcome::merged) return not_now(*incident, "was merged: act on the one it is in");
        if (const auto other = open_by_key_.find(incident->key); !incident->is_open() && other != open_by_key_.end())
          return not_now(*incident, "cannot be reopened: INC-" + std::to_string(other->second) + " is open about the same");
        reopen(*incident, {action.actor, action.channel}, action.note, now, out);
        return ok();
      case ActionKind::merge: return merge(*incident, action, now, out);
    }
    return {Errc::internal, "an action without a meaning"};
  }();
  if (done) touch(*incident, now, out);
  return done;
}

Status Casebook::acknowledge(Incident& incident, const Action& action, WallTime now, Decisions& out) {
  if (!incident.is_open()) return not_now(incident, "is closed: nothing is left to acknowledge");
  if (incident.acknowledged_by == action.actor && action.note.empty()) return ok();
  if (!incident.acknowledged) {
    incident.acknowledged = now;
    observe_clock(incident, ClockKind::answer, now, out);
  }
  incident.acknowledged_by = action.actor;
  incident.assigned = action.actor;
  if (incident.state < State::acknowledged) incident.state = State::acknowledged;
  line(incident, to_string(State::acknowledged), {action.actor, action.channel}, action.note, now, out);
  return ok();
}

Status Casebook::assign(Incident& incident, const Action& action, WallTime now, Decisions& out) {
  if (!incident.is_open()) return not_now(incident, "is closed: nothing is left to assign");
  if (contract_->person(action.target) == nullptr)
    return {Errc::malformed, "nobody of the contract is called '" + valid_utf8(action.target) + "'"};
  if (incident.assigned == action.target) return ok();
  incident.assigned = action.target;
  if (incident.state < State::assigned) incident.state = State::assigned;
  line(incident, to_string(State::assigned), {action.actor, action.channel},
       action.target + (action.note.empty() ? "" : ": " + action.note), now, out);
  return ok();
}

Status Casebook::diagnose(Incident& incident, const Action& action, WallTime now, Decisions& out) {
  if (!incident.is_open()) return not_now(incident, "is closed: reopen it to say more");
  if (!incident.acknowledged) {
    Action first = action;
    first.note.clear();
    if (Status status = acknowledge(incident, first, now, out); !status) return status;
  }
  if (!incident.diagnosed) {
    incident.diagnosed = now;
    observe_clock(incident, ClockKind::first_diagnosis, now, out);
  }
  incident.diagnosis = action.note;
  if (incident.state < State::diagnosed) incident.state = State::diagnosed;
  line(incident, to_string(State::diagnosed), {action.actor, action.channel}, action.note, now, out);
  return ok();
}

Status Casebook::resolve(Incident& incident, const Action& action, WallTime now, Decisions& out) {
  if (!incident.is_open()) return not_now(incident, "is closed");
  if (incident.state >= State::resolved) return ok();
  incident.state = State::resolved;
  incident.resolved = now;
  incident.refired.reset();
  std::string note = action.note;
  if (incident.firing > 0)
    note += std::string(note.empty() ? "" : "; ") + std::to_string(incident.firing) + " alerts still fire";
  line(incident, to_string(State::resolved), {action.actor, action.channel}, std::move(note), now, out);
  tell_those_told(incident, Purpose::resolved, now, out);
  return ok();
}

Status Casebook::verify(Incident& incident, const Action& action, WallTime now, Decisions& out) {
  if (incident.state < State::resolved) return not_now(incident, "is not resolved yet");
  if (incident.state > State::resolved) return ok();
  if (incident.firing > 0) return not_now(incident, "cannot be verified: alerts of it still fire");
  became_verified(incident, {action.actor, action.channel}, action.note, now, out);
  return ok();
}

Status Casebook::close(Incident& incident, const Action& action, Outcome outcome, WallTime now, Decisions& out) {
  if (!incident.is_open()) return ok();
  if (outcome == Outcome::solved && incident.firing > 0)
    return not_now(incident, "cannot be closed: alerts of it still fire. Mark it as a false alarm if they mean nothing");
  const By by{action.actor, action.channel};
  if (outcome == Outcome::solved && incident.state < State::resolved) {
    incident.resolved = now;
    incident.state = State::resolved;
    line(incident, to_string(State::resolved), by, "", now, out);
  }
  if (outcome == Outcome::solved && incident.state < State::verified) became_verified(incident, by, "", now, out);
  became_closed(incident, outcome, by, action.note, now, out);
  return ok();
}

Status Casebook::merge(Incident& incident, const Action& action, WallTime now, Decisions& out) {
  const std::optional<std::int64_t> id = incident_id(action.target);
  Incident* into = id ? at(*id) : nullptr;
  if (into == nullptr || !into->is_open())
    return {Errc::malformed, "merge into which open incident? '" + valid_utf8(action.target) + "' is none"};
  if (incident.key == kHeartbeatKey || into->key == kHeartbeatKey)
    return not_now(incident, "stays by itself: what the heartbeat opened ends when the heartbeat comes again");
  if (into == &incident) return {Errc::malformed, "an incident cannot be merged into itself"};
  if (!incident.is_open()) return not_now(incident, "is closed already");
  const By by{action.actor, action.channel};
  for (auto& [number, seen] : alerts_) {
    if (seen.incident != incident.id) continue;
    seen.incident = into->id;
    AlertRecord moved{
        .fingerprint = fingerprint_of(number), .starts = seen.starts, .incident = into->id, .firing = seen.firing};
    moved.seen = seen.said;
    if (!seen.firing) moved.ended = seen.said;
    out.alerts.push_back(std::move(moved));
  }
  into->firing += incident.firing;
  into->alerts += incident.alerts;
  into->began = std::min(into->began, incident.began);
  incident.firing = 0;
  incident.merged_into = into->id;
  line(*into, "merged", by, incident.number() + (action.note.empty() ? "" : ": " + action.note), now, out);
  if (into->firing > 0 && into->state >= State::resolved) reopen(*into, by, incident.number(), now, out);
  became_closed(incident, Outcome::merged, by, into->number(), now, out);
  touch(*into, now, out);
  return ok();
}

void Casebook::observe_clock(const Incident& incident, ClockKind kind, WallTime until, Decisions& out) const {
  // What is solved waits for no answer any more, though somebody may still give one.
  const nanoseconds used = Clocks(incident, *contract_).used(kind, std::min(until, incident.resolved.value_or(until)));
  observe(out.tally(), counted::kIncidentSeconds, std::chrono::duration<double>(used).count(), incident.fault_class,
          clock_label(kind));
}

void Casebook::became_verified(Incident& incident, By by, std::string_view note, WallTime now, Decisions& out) {
  incident.state = State::verified;
  incident.verified = now;
  observe_clock(incident, ClockKind::solve, incident.resolved.value_or(now), out);
  line(incident, to_string(State::verified), by, std::string(note), now, out);
}

void Casebook::became_closed(Incident& incident, Outcome outcome, By by, std::string_view note, WallTime now, Decisions& out) {
  incident.state = State::closed;
  incident.closed = now;
  incident.outcome = outcome;
  if (const auto mine = open_by_key_.find(incident.key); mine != open_by_key_.end() && mine->second == incident.id)
    open_by_key_.erase(mine);
  joined_told_.erase(incident.id);
  count(out.tally(), counted::kIncidents, incident.fault_class, incident.service, to_string(outcome));
  if (outcome == Outcome::solved && incident.reopened == 0) count(out.tally(), counted::kFixedFirstTime, incident.fault_class);
  if (outcome != Outcome::solved) line(incident, to_string(outcome), by, std::string(note), now, out);
  line(incident, to_string(State::closed), by, outcome == Outcome::solved ? std::string(note) : std::string(), now, out);
}

}  // namespace finwatch::notifier
