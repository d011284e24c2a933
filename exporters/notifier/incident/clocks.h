// The SLA clocks of an incident.
//
//   for (const ClockReading& clock : Clocks(incident, contract).read(now)) …
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "notifier/contract/contract.h"
#include "notifier/contract/sla_clock.h"
#include "notifier/incident/incident.h"

namespace finwatch::notifier {

/// What the class promises, and when it is counted. The contract must outlive it.
class Clocks {
 public:
  Clocks(const Incident& incident, const Contract& contract);

  std::vector<ClockReading> read(WallTime now) const;
  /// The next instant at which a running clock reaches another level.
  std::optional<WallTime> next_level(WallTime now) const;
  /// When this much of the counted time has passed since the policy began; never before counting goes on.
  WallTime step_due(nanoseconds after, WallTime now) const;
  /// False in planned maintenance, and outside business hours where only they count.
  bool counts(WallTime at) const { return counted_.counts(at); }
  /// Counted time from the beginning, of the last reopening for all but the solution, to `until`.
  nanoseconds used(ClockKind kind, WallTime until) const;

 private:
  WallTime start_of(ClockKind kind) const;

  const Incident& incident_;
  CountedTime counted_;
  SlaClock clock_;
  Milestones milestones_;
};

/// A clock that has not stopped.
struct RunningClock {
  std::string incident;  // its number
  ClockReading reading;
};

}  // namespace finwatch::notifier
