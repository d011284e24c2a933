// What Alertmanager says: alerts fire, come again, end.
#include <algorithm>

#include "notifier/incident/casebook.h"

namespace finwatch::notifier {
namespace {

constexpr nanoseconds kRecordAgain = std::chrono::minutes{5};  // how stale "last said" may be on disk
constexpr nanoseconds kJoinedAgain = std::chrono::minutes{5};  // between two messages that alerts joined one incident

// What an alert is about, when no service of the contract is concerned: what Alertmanager groups by.
constexpr std::string_view kGroupLabels[] = {"area", "book", "flow", "instance", "system", "target"};
constexpr std::string_view kPlaceLabels[] = {"target", "flow", "book", "system", "instance", "host"};

constexpr std::string_view kGravestClass = "major";

std::string first_of(const ReceivedAlert& alert, std::initializer_list<std::string_view> annotations) {
  for (const std::string_view name : annotations)
    if (const std::string& text = alert.annotation(name); !text.empty()) return text;
  return alert.label("alertname");
}

// `summary` is in the first language of the contract, the others have theirs behind it.
Words title_of(const ReceivedAlert& alert, const Contract& contract) {
  const bool chinese_first = contract.languages.empty() || contract.languages.front() == "zh";
  if (chinese_first)
    return {first_of(alert, {"summary_zh", "summary", "summary_en"}), first_of(alert, {"summary_en", "summary"})};
  return {first_of(alert, {"summary_zh", "summary"}), first_of(alert, {"summary_en", "summary", "summary_zh"})};
}

int rank_of(const Contract& contract, const std::string& severity) {
  const Severity* found = contract.severity(severity);
  return found == nullptr ? -1 : found->rank;
}

}  // namespace

void Casebook::receive(const Payload& payload, WallTime now, Decisions& out) {
  for (const ReceivedAlert& alert : payload.alerts) {
    if (contract_->heartbeat && alert.label("alertname") == contract_->heartbeat->alert) {
      count(out.tally(), counted::kAlerts, alert.firing ? "firing" : "resolved", to_string(AlertResult::heartbeat));
      if (alert.firing)
        heartbeat_ = now;
      else  // it always fires: that it has ended means that nobody has said it for long enough
        heartbeat_ = std::chrono::time_point_cast<WallTime::duration>(now - contract_->heartbeat->silent_after);
      continue;
    }
    if (alert.firing)
      fire(alert, now, out);
    else
      clear(alert, now, out);
  }
}

void Casebook::fire(const ReceivedAlert& alert, WallTime now, Decisions& out) {
  const auto known = alerts_.find(number_of(alert.fingerprint));
  const auto counts_as = [&](AlertResult result) { count(out.tally(), counted::kAlerts, "firing", to_string(result)); };
  if (known != alerts_.end() && known->second.firing && known->second.starts == alert.starts) {
    Seen& seen = known->second;
    seen.said = now;
    counts_as(AlertResult::repeated);
    if (now - seen.recorded < kRecordAgain) return;
    seen.recorded = now;
    return record(alert, seen, out);
  }
  Incident* incident = known == alerts_.end() ? nullptr : home_of(known->second, now);
  Incident* fired_in = nullptr;  // its end was never heard of
  if (known != alerts_.end() && known->second.firing) {
    fired_in = at(known->second.incident);
    ended_unseen(alert.fingerprint, known->second, out);
  }
  Seen& seen = alerts_[number_of(alert.fingerprint)];
  const bool refired = incident != nullptr;
  if (incident == nullptr) {
    const auto same = open_by_key_.find(key_of(alert));
    incident = same == open_by_key_.end() ? nullptr : at(same->second);
  }
  const bool joined = incident != nullptr;
  if (incident == nullptr) incident = &open(alert, now);
  counts_as(!joined ? AlertResult::opened : incident->state > State::resolved ? AlertResult::reopened : AlertResult::joined);
  seen = {.starts = alert.starts, .incident = incident->id, .firing = true, .said = now, .recorded = now};
  record(alert, seen, out);
  if (fired_in != incident) {
    ++incident->firing;
    if (fired_in != nullptr) {
      fired_in->firing = std::max(0, fired_in->firing - 1);
      touch(*fired_in, now, out);
    }
  }
  if (!refired) ++incident->alerts;
  if (refired)
    refire(*incident, alert, now, out);
  else if (joined)
    join(*incident, alert, now, out);
  else
    begin(*incident, now, out);
  touch(*incident, now, out);
}

void Casebook::clear(const ReceivedAlert& alert, WallTime now, Decisions& out) {
  const auto known = alerts_.find(number_of(alert.fingerprint));
  const bool ours = known != alerts_.end() && known->second.firing && alert.starts >= known->second.starts;
  const AlertResult result = known == alerts_.end() ? AlertResult::unheard
                             : ours                 ? AlertResult::cleared
                                                    : AlertResult::repeated;
  count(out.tally(), counted::kAlerts, "resolved", to_string(result));
  if (!ours) return;
  Seen& seen = known->second;
  seen.firing = false;
  seen.said = seen.recorded = now;
  record(alert, seen, out);
  if (Incident* incident = at(seen.incident)) ended(*incident, std::min(alert.ended, now), alert.label("alertname"), now, out);
}

void Casebook::ended(Incident& incident, WallTime when, std::string_view how, WallTime now, Decisions& out) {
  incident.firing = std::max(0, incident.firing - 1);
  if (!incident.is_open()) return touch(incident, now, out);
  line(incident, "cleared", {"alertmanager", "alertmanager"}, std::string(how), now, out);
  if (incident.firing == 0 && incident.state < State::resolved) {
    incident.state = State::resolved;
    incident.resolved = std::max(when, incident.rests.empty() ? incident.began : incident.rests.back().to);
    line(incident, to_string(State::resolved), {"alertmanager", "alertmanager"}, "", now, out);
    if (!incident.refired) tell_those_told(incident, Purpose::resolved, now, out);  // else it is what they think
    incident.refired.reset();
  }
  touch(incident, now, out);
}

// The incident that an alert of a known fingerprint goes back to.
Incident* Casebook::home_of(const Seen& seen, WallTime now) {
  Incident* incident = at(seen.incident);
  for (int hops = 0; incident != nullptr && incident->outcome == Outcome::merged && hops < 16; ++hops)
    incident = at(incident->merged_into);
  if (incident == nullptr || incident->is_open()) return incident;
  const bool again = incident->outcome == Outcome::solved && now - *incident->closed < setup_.reopen_within;
  // What took its key meanwhile is the open one.
  return again && !open_by_key_.contains(incident->key) ? incident : nullptr;
}

std::string Casebook::key_of(const ReceivedAlert& alert) const {
  if (const std::string& service = alert.label("service"); !service.empty() && contract_->service(service) != nullptr)
    return "service=" + service;
  std::string key;
  for (const std::string_view name : kGroupLabels)
    if (const std::string& value = alert.label(name); !value.empty())
      key.append(key.empty() ? "" : ";").append(name).append("=").append(value);
  return key.empty() ? "alertname=" + alert.label("alertname") : key;
}

// Takes what the alert says where it is graver than what stands there.
void Casebook::classify(Incident& incident, const ReceivedAlert& alert) const {
  const std::string& severity = alert.label("severity");
  if (incident.severity.empty() || rank_of(*contract_, severity) > rank_of(*contract_, incident.severity))
    incident.severity = severity;
  std::string fault_class = alert.label("fault_class");
  const Service* service = contract_->service(incident.service);
  if (contract_->fault_class(fault_class) == nullptr) fault_class = service == nullptr ? "" : service->fault_class;
  if (incident.fault_class.empty() || fault_class == kGravestClass) incident.fault_class = fault_class;
}

Incident& Casebook::open(const ReceivedAlert& alert, WallTime now) {
  Incident& incident = incidents_[next_id_];
  incident.id = next_id_++;
  incident.key = key_of(alert);
  take_key(incident);
  if (contract_->service(alert.label("service")) != nullptr) incident.service = alert.label("service");
  incident.area = alert.label("area");
  incident.alertname = alert.label("alertname");
  incident.runbook = alert.annotation("runbook");
  if (incident.runbook.empty()) incident.runbook = alert.annotation("runbook_url");
  for (const std::string_view name : kPlaceLabels)
    if (incident.where.empty()) incident.where = alert.label(name);
  incident.title = title_of(alert, *contract_);
  incident.began = std::min(alert.starts, now);
  incident.received = now;
  classify(incident, alert);
  // A severity that the contract does not know is taken for the gravest that it does: better once too loud than never.
  if (contract_->severity(incident.severity) == nullptr)
    for (const auto& [id, severity] : contract_->severities)
      if (contract_->severity(incident.severity) == nullptr || severity.rank > rank_of(*contract_, incident.severity))
        incident.severity = id;
  if (contract_->fault_class(incident.fault_class) == nullptr && !contract_->classes.empty())
    incident.fault_class = contract_->classes.contains("ordinary") ? "ordinary" : contract_->classes.begin()->first;
  return incident;
}

// Received, classified, assigned; and the first step.
void Casebook::begin(Incident& incident, WallTime now, Decisions& out) {
  const By we{"finwatch", ""};
  count(out.tally(), counted::kOpened, incident.fault_class, incident.service, incident.severity);
  line(incident, to_string(State::received), {"alertmanager", "alertmanager"}, incident.alertname, now, out);
  incident.state = State::classified;
  line(incident, to_string(State::classified), we, incident.fault_class.text() + ", " + incident.severity.text(), now, out);
  incident.escalation_began = now;
  const std::vector<Step>& steps = contract_->steps(incident.severity);
  if (!steps.empty())
    if (const auto people = contract_->on_duty(steps.front().tell, now); !people.empty()) {
      incident.assigned = people.front();
      incident.state = State::assigned;
      line(incident, to_string(State::assigned), we, incident.assigned, now, out);
    }
  run_steps(incident, Clocks(incident, *contract_), now, out);
}

void Casebook::join(Incident& incident, const ReceivedAlert& alert, WallTime now, Decisions& out) {
  line(incident, "joined", {"alertmanager", "alertmanager"}, alert.label("alertname"), now, out);
  const std::string severity = incident.severity;
  classify(incident, alert);
  const bool was_over = incident.state >= State::resolved;
  const int reopened = incident.reopened;
  if (was_over) refire(incident, alert, now, out);
  if (incident.reopened != reopened) return;  // its policy has begun anew
  if (rank_of(*contract_, incident.severity) > rank_of(*contract_, severity)) {
    // Graver now: its own policy begins, and who acknowledged the light one has not answered this.
    incident.title = title_of(alert, *contract_);
    incident.alertname = alert.label("alertname");
    incident.escalation_began = now;
    incident.next_step = 0;
    incident.acknowledged.reset();
    incident.acknowledged_by = {};
    incident.state = state_of(incident);
    incident.refired.reset();  // they hear of it by its first step
    line(incident, "policy", {"finwatch", ""}, severity + " → " + incident.severity.text(), now, out);
    return run_steps(incident, Clocks(incident, *contract_), now, out);
  }
  if (was_over) return;
  WallTime& told = joined_told_[incident.id];
  if (now - std::max(told, incident.received) < kJoinedAgain) return;
  told = now;
  tell_those_told(incident, Purpose::joined, now, out);
}

void Casebook::refire(Incident& incident, const ReceivedAlert& alert, WallTime now, Decisions& out) {
  const By alertmanager{"alertmanager", "alertmanager"};
  if (incident.state < State::resolved) return line(incident, "refired", alertmanager, alert.label("alertname"), now, out);
  if (incident.state == State::resolved && incident.resolved && now - *incident.resolved < setup_.hold_down) {
    // The same fault, or it never went away: the clocks go on as if nothing had been said.
    incident.resolved.reset();
    incident.state = state_of(incident);
    incident.refired = now;
    return line(incident, "refired", alertmanager, alert.label("alertname"), now, out);
  }
  reopen(incident, alertmanager, alert.label("alertname"), now, out);
}

void Casebook::reopen(Incident& incident, By by, std::string_view note, WallTime now, Decisions& out) {
  // The clocks stood still since it was resolved; or closed, when it was taken for a false alarm.
  incident.rests.push_back({incident.resolved.value_or(incident.closed.value_or(now)), now});
  incident.acknowledged = incident.diagnosed = incident.resolved = incident.verified = incident.closed = std::nullopt;
  incident.acknowledged_by = {};
  incident.outcome = Outcome::open;
  incident.told_levels = 0;
  incident.refired.reset();
  incident.escalation_began = now;
  incident.next_step = 0;
  ++incident.reopened;
  incident.state = state_of(incident);
  take_key(incident);
  count(out.tally(), counted::kReopened, incident.fault_class);
  line(incident, "reopened", by, std::string(note), now, out);
  run_steps(incident, Clocks(incident, *contract_), now, out);
}

}  // namespace finwatch::notifier
