// When a flow runs next, and what became of the starts before.
//
//   const Result<SchedulePlan> plan = read_schedule(tree, "flows[1].schedule", almanac);
//   Schedule schedule(*plan, "voucher-entry", seed, clock.wall());
//   if (schedule.due(clock.wall())) start();                     // false while a run is on; sleep until schedule.next()
//   schedule.finished(clock.wall(), success);
//
// `every` makes a grid of starts that is moved by a hash of the flow's name, so that a thousand flows are spread evenly and keep
// their places over restarts; on top of that comes a jitter. A window too short for a start of the grid gets one of its own.
// Starts that pass while a run is on are counted as overruns and not made up. After the machine slept or its clock jumped ahead,
// what is late starts once, spread over the time it is late; when the clock was set back, what has run does not run again
// (up to one interval, or one hour of a cron line).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "workflow/when/almanac.h"
#include "workflow/when/cron.h"

namespace finwatch::workflow {

/// How a flow is scheduled; the same for all that share it.
struct SchedulePlan {
  std::chrono::nanoseconds every{};  // 0: by the cron line
  std::optional<CronLine> cron;
  std::chrono::nanoseconds jitter{};  // each start is later by up to this much
  Zone zone;
  std::shared_ptr<const FinanceCalendar> calendar;
  Windows allowed;
  std::chrono::nanoseconds recheck_every{};  // after a failure; 0: as ever
  int recheck_most = 0;
};

/// `every` or `cron`, with `jitter`, `time_zone`, `only`, `outside` and `on_failure`. Without `outside`, flows keep out of the
/// almanac's windows `maintenance` and `blackout`.
Result<SchedulePlan> read_schedule(const Tree& tree, const std::string& path, const Almanac& almanac);

class Schedule {
 public:
  Schedule(SchedulePlan plan, std::string_view flow, std::uint64_t seed, WallTime now);

  /// Whether to start now. After true a run is on until finished().
  bool due(WallTime at);
  void finished(WallTime at, bool ok);

  /// The next planned start, also while a run is on; nothing when the plan has none. Changes only in the calls above.
  std::optional<WallTime> next() const { return planned_; }
  bool running() const { return running_; }
  /// Planned starts that passed while a run was on.
  std::uint64_t overruns() const { return overruns_; }
  /// How much later than planned the last start was.
  std::chrono::nanoseconds lag() const { return lag_; }

 private:
  void plan_after(WallTime after);
  void plan_again_when_set_back(WallTime at);
  void count_overruns(WallTime at);
  void postpone(WallTime at);
  std::optional<WallTime> slot_after(WallTime after);
  std::optional<WallTime> grid_slot_after(WallTime after);
  std::optional<WallTime> cron_slot_after(WallTime after);
  WallTime grid_after(WallTime after) const;
  std::optional<Stretch> allowed_after(WallTime at);
  bool allowed(WallTime at);
  double fraction(std::uint64_t of) const;

  SchedulePlan plan_;
  std::uint64_t flow_hash_;
  std::uint64_t seed_;
  std::optional<WallTime> slot_;     // the planned start without its jitter
  std::optional<WallTime> wanted_;   // with it, or a re-check
  std::optional<WallTime> planned_;  // the same, or later where the machine slept
  WallTime last_slot_{};             // of what ran
  WallTime last_seen_{};
  bool running_ = false;
  bool postponed_ = false;
  int rechecks_ = 0;
  std::uint64_t overruns_ = 0;
  std::chrono::nanoseconds lag_{};
  // The last answer of the windows, good for times between the two.
  WallTime asked_from_{};
  WallTime asked_until_{};
  std::optional<Stretch> answer_;
};

}  // namespace finwatch::workflow
