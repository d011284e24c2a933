// Windows of time that come again: the month-end close, maintenance, black-outs.
//
//   const Result<Windows> close = read_windows(tree, "calendar.windows.close", almanac);     // almanac.h
//   close->active(clock.wall());
//   close->next_change(clock.wall());                            // when it opens or closes next
//   if (const auto open = close->current(clock.wall())) { open->start … open->end }
//
// A part opens at `from` and closes at `to` by the clock of its zone: at the first coming of the one, at the last of the other
// where clocks go back. A part whose two ends fall into the time that clocks skip never opens.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "conf/zone.h"
#include "workflow/when/calendar.h"
#include "workflow/when/day_set.h"

namespace finwatch::workflow {

/// From `start` up to and without `end`.
struct Stretch {
  WallTime start;  // WallTime::min(): more than a year ago
  WallTime end;    // WallTime::max(): none within two years

  bool covers(WallTime at) const { return start <= at && at < end; }
  bool operator==(const Stretch&) const = default;
};

/// One part of a window, as it is written.
struct WindowPart {
  DaySet days;
  unsigned months = 0;                                  // a bit for each from 1; 0: every month
  std::chrono::minutes from{0};                         // since midnight
  std::chrono::minutes to{24 * 60};                     // not after `from`: on the next day
  std::optional<std::pair<LocalTime, LocalTime>> once;  // instead of the above
  Zone zone;
  std::vector<WindowPart> except;
};

class Windows {
 public:
  /// Every part together. No part is never.
  Windows(std::vector<WindowPart> parts, std::shared_ptr<const FinanceCalendar> calendar);

  /// What is in one of `only` (always, when there is none) and in none of `outside`.
  static Windows allowed(const std::vector<Windows>& only, const std::vector<Windows>& outside,
                         std::shared_ptr<const FinanceCalendar> calendar);

  /// The first stretch of time that ends after `at`: the current one, or the next. Nothing when none begins within two years.
  std::optional<Stretch> stretch(WallTime at) const;

  bool active(WallTime at) const { return current(at).has_value(); }
  std::optional<Stretch> current(WallTime at) const;
  /// Nothing when none is known within two years.
  std::optional<WallTime> next_change(WallTime at) const;

  /// It is open at all times and needs no asking.
  bool always() const;
  const std::vector<WindowPart>& parts() const { return parts_; }

 private:
  std::vector<WindowPart> parts_;
  std::shared_ptr<const FinanceCalendar> calendar_;
};

}  // namespace finwatch::workflow
