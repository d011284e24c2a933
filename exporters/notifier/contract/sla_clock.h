// The SLA clock: pure arithmetic on one incident and what its class promises. No I/O, no time of its own.
//
//   const SlaClock clock(fault_class, counted);
//   for (const ClockReading& reading : clock.read({.began = began, .acknowledged = {}, …}, now))
//     if (reading.level() == ClockLevel::breached) …
//
// A clock starts when the fault began, not when it was heard of. It stops at the milestone that it waits for: an answer is an
// acknowledgement (or a later milestone), a first diagnosis is one (or the solution), a solution is that all alerts have ended.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "notifier/contract/counted_time.h"

namespace finwatch::notifier {

enum class ClockKind : unsigned char { answer, first_diagnosis, solve };
inline constexpr std::array<std::string_view, 3> kClockNames = {"answer", "first_diagnosis", "solve"};
constexpr std::string_view to_string(ClockKind kind) { return kClockNames[static_cast<std::size_t>(kind)]; }

/// How far a clock has come: warnings at a half and at four fifths of the promise.
enum class ClockLevel : unsigned char { quiet, half, late, breached };

struct Milestones {
  WallTime began;
  std::optional<WallTime> reopened;  // the last time: answer and first diagnosis count from there
  std::optional<WallTime> acknowledged, diagnosed, solved;
};

struct ClockReading {
  ClockKind kind = ClockKind::answer;
  nanoseconds limit{};
  nanoseconds used{};               // counted until it stopped, or until now
  WallTime half, late, deadline;    // when 50, 80 and 100 % will be, or were, used up, as if it never stopped
  std::optional<WallTime> stopped;  // by the milestone, which may be before the beginning: then nothing was used
  bool paused = false;              // now, and only when it has not stopped
  WallTime steady_until;            // up to then it goes on, or rests, as it does now
  bool breached() const { return used >= limit; }
  ClockLevel level() const;
};

class SlaClock {
 public:
  SlaClock(const FaultClass& promised, const CountedTime& counted) : promised_(promised), counted_(counted) {}

  /// One for each promise of the class, in the order of ClockKind.
  std::vector<ClockReading> read(const Milestones& milestones, WallTime now) const;
  /// The next instant after `now` at which a running clock reaches another level; nothing when none runs.
  std::optional<WallTime> next_level(const Milestones& milestones, WallTime now) const;

 private:
  const FaultClass& promised_;
  const CountedTime& counted_;
};

}  // namespace finwatch::notifier
