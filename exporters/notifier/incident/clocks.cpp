#include "notifier/incident/clocks.h"

#include <algorithm>

namespace finwatch::notifier {
namespace {

const FaultClass& promised(const Contract& contract, const std::string& id) {
  static const FaultClass kNothing;
  const FaultClass* found = contract.fault_class(id);
  return found == nullptr ? kNothing : *found;
}

BusinessHoursOnly hours_of(const Contract& contract, const std::string& id) {
  const Severity* severity = contract.severity(id);
  return severity != nullptr && severity->business_hours_only ? BusinessHoursOnly::yes : BusinessHoursOnly::no;
}

std::optional<WallTime> reopened_at(const Incident& incident) {
  return incident.rests.empty() ? std::nullopt : std::optional(incident.rests.back().to);
}

}  // namespace

Clocks::Clocks(const Incident& incident, const Contract& contract)
    : incident_(incident),
      counted_(contract, incident.service, hours_of(contract, incident.severity), incident.rests),
      clock_(promised(contract, incident.fault_class), counted_),
      milestones_{.began = incident.began,
                  .reopened = reopened_at(incident),
                  .acknowledged = incident.acknowledged,
                  .diagnosed = incident.diagnosed,
                  // Merged, or a false alarm: nothing is waited for any more.
                  .solved = incident.resolved ? incident.resolved : incident.closed} {}

std::vector<ClockReading> Clocks::read(WallTime now) const { return clock_.read(milestones_, now); }

std::optional<WallTime> Clocks::next_level(WallTime now) const { return clock_.next_level(milestones_, now); }

WallTime Clocks::step_due(nanoseconds after, WallTime now) const {
  const WallTime due = std::max(counted_.after(incident_.escalation_began, after), now);
  return counted_.counts(due) ? due : counted_.after(due, nanoseconds{1});
}

WallTime Clocks::start_of(ClockKind kind) const {
  return kind == ClockKind::solve ? incident_.began : milestones_.reopened.value_or(incident_.began);
}

nanoseconds Clocks::used(ClockKind kind, WallTime until) const { return counted_.between(start_of(kind), until); }

}  // namespace finwatch::notifier
