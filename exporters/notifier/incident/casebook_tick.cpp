// What time alone brings: escalation steps, warnings, the end of a hold-down, the silence of the heartbeat.
#include <algorithm>
#include <utility>

#include "notifier/incident/casebook.h"

namespace finwatch::notifier {
namespace {

constexpr nanoseconds kFiresOn = std::chrono::seconds{30};  // a late copy of an old word is corrected by then

unsigned told(const Incident& incident, ClockKind kind) {
  return incident.told_levels >> (2 * static_cast<unsigned>(kind)) & 3U;
}
void set_told(Incident& incident, ClockKind kind, ClockLevel level) {
  const unsigned shift = 2 * static_cast<unsigned>(kind);
  incident.told_levels = (incident.told_levels & ~(3U << shift)) | static_cast<unsigned>(level) << shift;
}

}  // namespace

void Casebook::tick(WallTime now, Decisions& out) {
  watch_heartbeat(now, out);
  while (!due_order_.empty() && due_order_.begin()->first <= now) {
    const std::int64_t id = due_order_.begin()->second;
    due_order_.erase(due_order_.begin());
    plans_.erase(id);
    Incident* incident = at(id);
    if (incident == nullptr) continue;
    // Not before its end is committed.
    if (!incident->is_open() && now - *incident->closed >= setup_.reopen_within && !out.changed.contains(id)) {
      forget(id, now);
      continue;
    }
    tick_one(*incident, now, out);
  }
}

WallTime Casebook::next_due() const {
  WallTime next = due_order_.empty() ? kNever : due_order_.begin()->first;
  if (contract_->heartbeat && heartbeat_incident_ == 0)
    next = std::min(next, std::chrono::time_point_cast<WallTime::duration>(heartbeat_.value_or(heartbeat_since_) +
                                                                           contract_->heartbeat->silent_after));
  return next;
}

void Casebook::tick_one(Incident& incident, WallTime now, Decisions& out) {
  const std::size_t lines = out.timeline.size();
  const int step = incident.next_step;
  const std::uint32_t levels = incident.told_levels;
  const std::optional<WallTime> refired = incident.refired;
  if (incident.state < State::resolved) {
    const Clocks clocks(incident, *contract_);
    run_steps(incident, clocks, now, out);
    warn(incident, clocks, now, out);
    if (incident.refired && now - *incident.refired >= kFiresOn) {
      // The last that people heard was that it is over.
      incident.refired.reset();
      tell_those_told(incident, Purpose::joined, now, out);
    }
  } else {
    settle(incident, now, out);
  }
  const bool moved = lines != out.timeline.size() || step != incident.next_step || levels != incident.told_levels ||
                     refired != incident.refired;
  if (moved) return touch(incident, now, out);
  Plan plan = plan_of(incident, now);
  if (plan.due <= now) plan.due = now + std::chrono::seconds{1};
  wait_for(incident.id, plan);
}

void Casebook::run_steps(Incident& incident, const Clocks& clocks, WallTime now, Decisions& out) {
  const std::vector<Step>& steps = contract_->steps(incident.severity);
  while (static_cast<std::size_t>(incident.next_step) < steps.size()) {
    const auto index = static_cast<std::size_t>(incident.next_step);
    if (clocks.step_due(steps[index].after, now) > now) return;
    ++incident.next_step;
    if (steps[index].unless_acknowledged && incident.acknowledged) continue;
    tell_step(incident, index, incident.key == kHeartbeatKey ? Purpose::heartbeat : Purpose::page, now, out);
  }
}

void Casebook::warn(Incident& incident, const Clocks& clocks, WallTime now, Decisions& out) {
  const By we{"finwatch", ""};
  for (const ClockReading& clock : clocks.read(now)) {
    const ClockLevel level = clock.level();
    if (clock.stopped || static_cast<unsigned>(level) <= told(incident, clock.kind)) continue;
    set_told(incident, clock.kind, level);
    const std::string name(to_string(clock.kind));
    if (level == ClockLevel::breached) {
      count(out.tally(), counted::kBreaches, incident.fault_class, clock_label(clock.kind));
      line(incident, "breached", we, name, now, out);
      const std::vector<Step>& steps = contract_->steps(incident.severity);
      if (!steps.empty()) tell_step(incident, steps.size() - 1, Purpose::breach, now, out);
    } else {
      line(incident, level == ClockLevel::half ? "warned_half" : "warned_late", we, name, now, out);
      tell_those_told(incident, Purpose::warning, now, out);
    }
  }
}

// Resolved, verified: what follows when nothing comes for long enough.
void Casebook::settle(Incident& incident, WallTime now, Decisions& out) {
  const By we{"finwatch", ""};
  if (incident.state == State::resolved && now - incident.resolved.value_or(now) >= setup_.hold_down) {
    if (incident.firing > 0)
      reopen(incident, we, "said to be resolved, and its alerts still fire", now, out);
    else if (!setup_.verify_by_hand)
      became_verified(incident, we, "no alert since the hold-down", now, out);
  }
  if (incident.state == State::verified && now - incident.verified.value_or(now) >= setup_.close_after)
    became_closed(incident, Outcome::solved, we, "", now, out);
}

Casebook::Plan Casebook::plan_of(const Incident& incident, WallTime now) const {
  Plan plan{.due = kNever, .deadlines = {kNever, kNever, kNever}};
  const auto after = [&plan](const std::optional<WallTime>& since, nanoseconds time) {
    if (since) plan.due = std::chrono::time_point_cast<WallTime::duration>(*since + time);
    return plan;
  };
  if (incident.state == State::closed) return after(incident.closed, setup_.reopen_within);
  if (incident.state == State::verified) return after(incident.verified, setup_.close_after);
  if (incident.state == State::resolved)
    return setup_.verify_by_hand && incident.firing == 0 ? plan : after(incident.resolved, setup_.hold_down);
  const Clocks clocks(incident, *contract_);
  plan.due = clocks.next_level(now).value_or(kNever);
  for (const ClockReading& clock : clocks.read(now)) {
    if (clock.stopped) continue;
    plan.deadlines[static_cast<std::size_t>(clock.kind)] = clock.deadline;
    // A class that has become graver, or a clock that runs again, may have passed a level already.
    if (static_cast<unsigned>(clock.level()) > told(incident, clock.kind)) plan.due = now;
  }
  if (incident.refired)
    plan.due = std::min(plan.due, std::chrono::time_point_cast<WallTime::duration>(*incident.refired + kFiresOn));
  const std::vector<Step>& steps = contract_->steps(incident.severity);
  if (const auto next = static_cast<std::size_t>(incident.next_step); next < steps.size())
    plan.due = std::min(plan.due, clocks.step_due(steps[next].after, now));
  return plan;
}

// A closed incident that cannot be reopened any more, with its alerts.
void Casebook::forget(std::int64_t id, WallTime now) {
  std::erase_if(alerts_, [id](const auto& one) { return one.second.incident == id; });
  if (heartbeat_incident_ == id) {  // a false alarm, and silent all the time: it is waited for anew
    heartbeat_incident_ = 0;
    heartbeat_.reset();
    heartbeat_since_ = now;
  }
  incidents_.erase(id);
}

// Nobody who is alive would be silent so long: an incident of its own, with all that belongs to one.
void Casebook::watch_heartbeat(WallTime now, Decisions& out) {
  const auto& expected = contract_->heartbeat;
  const bool silent = expected && now - heartbeat_.value_or(heartbeat_since_) >= expected->silent_after;
  if (heartbeat_incident_ != 0) {
    // A restart is no sign of life: it has come again when it was heard, or is waited for no more.
    if (expected && (silent || !heartbeat_)) return;
    heartbeat_since_ = now;
    ended(*at(std::exchange(heartbeat_incident_, 0)), now,
          expected ? expected->alert + " came again" : "no heartbeat is waited for any more", now, out);
    return;
  }
  if (!silent) return;
  ReceivedAlert alert;
  alert.starts = heartbeat_.value_or(heartbeat_since_);
  alert.labels["alertname"] = contract_->heartbeat->alert;
  alert.annotations["summary_zh"] = "心跳告警中断：Prometheus 或 Alertmanager 没有消息，其他告警可能也到不了";
  alert.annotations["summary_en"] =
      "The heartbeat has stopped: Prometheus or Alertmanager says nothing, other alerts may not come either";
  const auto same = open_by_key_.find(kHeartbeatKey);
  if (Incident* incident = same == open_by_key_.end() ? nullptr : at(same->second)) {
    heartbeat_incident_ = incident->id;
    incident->firing = 1;
    refire(*incident, alert, now, out);
    return touch(*incident, now, out);
  }
  Incident& incident = open(alert, now);
  open_by_key_.erase(incident.key);
  incident.key = kHeartbeatKey;
  take_key(incident);
  if (contract_->fault_class("major") != nullptr) incident.fault_class = "major";
  incident.firing = incident.alerts = 1;
  heartbeat_incident_ = incident.id;
  line(incident, "heartbeat", {"finwatch", ""}, contract_->heartbeat->alert, now, out);
  begin(incident, now, out);
  touch(incident, now, out);
}

}  // namespace finwatch::notifier
