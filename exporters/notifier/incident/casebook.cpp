#include "notifier/incident/casebook.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <tuple>

namespace finwatch::notifier {

std::uint64_t number_of(std::string_view fingerprint) {
  std::uint64_t number = 0;
  std::from_chars(fingerprint.data(), fingerprint.data() + fingerprint.size(), number, 16);
  return number;
}

std::string fingerprint_of(std::uint64_t number) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(number));
  return digits.data();
}

State state_of(const Incident& incident) {
  if (incident.diagnosed) return State::diagnosed;
  if (incident.acknowledged) return State::acknowledged;
  return incident.assigned.empty() ? State::classified : State::assigned;
}

Casebook::Casebook(std::shared_ptr<const Contract> contract, const IncidentSetup& setup, WallTime now)
    : contract_(std::move(contract)), setup_(setup), heartbeat_since_(now) {}

void Casebook::restore(std::vector<Incident> incidents, const std::vector<AlertRecord>& alerts, std::int64_t next_id) {
  next_id_ = next_id;
  for (Incident& incident : incidents) {
    const std::int64_t id = incident.id;
    const Incident& kept = incidents_.emplace(id, std::move(incident)).first->second;
    if (kept.is_open()) take_key(kept);
    if (kept.key == kHeartbeatKey && kept.firing > 0) heartbeat_incident_ = id;
    wait_for(id, {.due = WallTime{}, .deadlines = {kNever, kNever, kNever}});  // tick() finds out what for
  }
  for (const AlertRecord& alert : alerts) {
    Seen& seen = alerts_[number_of(alert.fingerprint)];
    // The one that counts is that said last, which need not be the one that began last.
    if (seen.incident != 0 && std::tie(seen.said, seen.firing, seen.starts) > std::tie(alert.seen, alert.firing, alert.starts))
      continue;
    seen = {
        .starts = alert.starts, .incident = alert.incident, .firing = alert.firing, .said = alert.seen, .recorded = alert.seen};
  }
}

void Casebook::replace(std::shared_ptr<const Contract> contract, const IncidentSetup& setup) {
  contract_ = std::move(contract);
  setup_ = setup;
  for (const auto& [id, incident] : incidents_)
    if (plans_.contains(id)) wait_for(id, {.due = WallTime{}, .deadlines = {kNever, kNever, kNever}});
}

const Incident* Casebook::find(std::int64_t id) const {
  const auto found = incidents_.find(id);
  return found == incidents_.end() ? nullptr : &found->second;
}

Incident* Casebook::at(std::int64_t id) {
  const auto found = incidents_.find(id);
  return found == incidents_.end() ? nullptr : &found->second;
}

// Anew, so that the view is of this incident's own text.
void Casebook::take_key(const Incident& incident) {
  open_by_key_.erase(incident.key);
  open_by_key_.emplace(incident.key, incident.id);
}

void Casebook::touch(Incident& incident, WallTime now, Decisions& out) {
  incident.changed = now;
  out.changed.insert(incident.id);
  wait_for(incident.id, plan_of(incident, now));
}

void Casebook::wait_for(std::int64_t id, const Plan& plan) {
  const auto [place, added] = plans_.try_emplace(id, plan);
  if (!added) due_order_.erase({place->second.due, id});
  place->second = plan;
  due_order_.emplace(plan.due, id);
}

std::vector<RunningClock> Casebook::nearest_clocks(WallTime now, std::size_t most) const {
  struct Place {
    nanoseconds away;
    std::int64_t incident;
    ClockKind kind;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;
  for (const auto& [id, plan] : plans_)
    for (std::size_t i = 0; i < plan.deadlines.size(); ++i)
      if (plan.deadlines[i] != kNever)
        places.push_back({std::chrono::abs(plan.deadlines[i] - now), id, static_cast<ClockKind>(i)});
  const std::size_t shown = std::min(most, places.size());
  std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(shown), places.end());
  places.resize(shown);
  std::vector<RunningClock> clocks;
  for (const Place& place : places) {
    const Incident& incident = *find(place.incident);
    for (const ClockReading& reading : Clocks(incident, *contract_).read(now))
      if (reading.kind == place.kind) clocks.push_back({incident.number(), reading});
  }
  return clocks;
}

void Casebook::line(const Incident& incident, std::string_view kind, By by, std::string note, WallTime now, Decisions& out) {
  out.timeline.push_back({.incident = incident.id,
                          .at = now,
                          .kind = std::string(kind),
                          .actor = std::string(by.actor),
                          .channel = std::string(by.channel),
                          .note = std::move(note)});
}

void Casebook::record(const ReceivedAlert& alert, const Seen& seen, Decisions& out) {
  out.alerts.push_back({.fingerprint = alert.fingerprint,
                        .starts = seen.starts,
                        .incident = seen.incident,
                        .firing = seen.firing,
                        .ended = seen.firing ? std::nullopt : std::optional(alert.ended),
                        .seen = seen.said,
                        .alertname = alert.label("alertname"),
                        .severity = alert.label("severity"),
                        .fault_class = alert.label("fault_class"),
                        .labels = alert.labels_json,
                        .annotations = alert.annotations_json,
                        .generator_url = alert.generator_url});
}

void Casebook::ended_unseen(const std::string& fingerprint, Seen& seen, Decisions& out) {
  seen.firing = false;
  AlertRecord last{.fingerprint = fingerprint, .starts = seen.starts, .incident = seen.incident, .firing = false};
  last.ended = last.seen = seen.said;
  out.alerts.push_back(std::move(last));
}

std::vector<std::string> Casebook::overdue(WallTime now) const {
  // Alertmanager repeats at the first tick of its group after the interval, so a single late one is no sign.
  const nanoseconds patience = 2 * contract_->says_again_every + std::chrono::minutes{1};
  std::vector<std::string> found;
  if (contract_->says_again_every <= nanoseconds{0} || heartbeat_silent()) return found;
  for (const auto& [number, seen] : alerts_)
    if (seen.firing && now - std::max(seen.said, heartbeat_since_) > patience) found.push_back(fingerprint_of(number));
  return found;
}

void Casebook::audited(const std::vector<std::string>& asked, const std::set<std::string>& there, WallTime now,
                       Decisions& out) {
  for (const std::string& fingerprint : asked) {
    const auto found = alerts_.find(number_of(fingerprint));
    if (found == alerts_.end() || !found->second.firing) continue;
    Seen& seen = found->second;
    if (there.contains(fingerprint)) {
      seen.said = now;
      continue;
    }
    ended_unseen(fingerprint, seen, out);
    if (Incident* incident = at(seen.incident))
      ended(*incident, seen.said, "Alertmanager does not have it any more: it ended unseen", now, out);
  }
}

}  // namespace finwatch::notifier
