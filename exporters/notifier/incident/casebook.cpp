#include "notifier/incident/casebook.h"

#include <algorithm>
#include <tuple>

namespace finwatch::notifier {

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
    if (incident.is_open()) open_by_key_[incident.key] = id;
    if (incident.key == kHeartbeatKey && incident.firing > 0) heartbeat_incident_ = id;
    // Due at once: tick() finds out what each waits for.
    due_[id] = WallTime{};
    due_order_.emplace(WallTime{}, id);
    incidents_.emplace(id, std::move(incident));
  }
  for (const AlertRecord& alert : alerts) {
    Seen& seen = alerts_[alert.fingerprint];
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
  due_order_.clear();
  for (auto& [id, due] : due_) {
    due = WallTime{};
    due_order_.emplace(due, id);
  }
}

const Incident* Casebook::find(std::int64_t id) const {
  const auto found = incidents_.find(id);
  return found == incidents_.end() ? nullptr : &found->second;
}

Incident* Casebook::at(std::int64_t id) {
  const auto found = incidents_.find(id);
  return found == incidents_.end() ? nullptr : &found->second;
}

void Casebook::touch(Incident& incident, WallTime now, Decisions& out) {
  incident.changed = now;
  out.changed.insert(incident.id);
  const WallTime due = due_of(incident, now);
  const auto [place, added] = due_.try_emplace(incident.id, due);
  if (!added) due_order_.erase({place->second, incident.id});
  place->second = due;
  due_order_.emplace(due, incident.id);
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
  for (const auto& [fingerprint, seen] : alerts_)
    if (seen.firing && now - std::max(seen.said, heartbeat_since_) > patience) found.push_back(fingerprint);
  return found;
}

void Casebook::audited(const std::vector<std::string>& asked, const std::set<std::string>& there, WallTime now,
                       Decisions& out) {
  for (const std::string& fingerprint : asked) {
    const auto found = alerts_.find(fingerprint);
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
