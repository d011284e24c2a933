// Accounting periods: months, quarters or years, also those that begin on another day than the first.
//
//   const PeriodRule rule{.length = 1, .first_day = 26};         // 26 June to 25 July is period 7
//   const Period period = rule.period_of(day_of(zone.local(clock.wall())));
//   zone.instant(period.first);                                  // when it began
//   period.days_to_close(today);                                 // 0 on its last day
#pragma once

#include "core/date.h"

namespace finwatch::workflow {

struct Period {
  Day first;
  Day last;
  int year = 0;
  int number = 0;  // in the year, from 1

  /// Days from `today` to the last one.
  int days_to_close(Day today) const { return static_cast<int>((last - today).count()); }
};

struct PeriodRule {
  int length = 1;          // in months: 1, 3 or 12
  unsigned first_day = 1;  // 1 to 28; after the first, a period belongs to the month in which it ends

  Period period_of(Day day) const;
};

}  // namespace finwatch::workflow
