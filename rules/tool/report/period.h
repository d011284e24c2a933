// The month or the year that is reported, as instants: a month begins when the clock on the organisation's wall says so.
//
//   Result<Zone> zone = Zone::find(contract.time_zone);
//   Result<Period> period = period_of("2026-11", *zone, now);
//   period->from, period->until, period->days            // 2026-11-01 00:00 there, … up to now when it is not over
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "conf/zone.h"
#include "core/result.h"
#include "rules/tool/contract/contract.h"
#include "rules/tool/prometheus/prometheus.h"

namespace finwatch::rules {

/// From the first up to and without the second.
struct Stretch {
  Moment from, to;
  double seconds() const { return static_cast<double>((to - from).count()); }
  bool empty() const { return to <= from; }
};
inline Stretch common(const Stretch& a, const Stretch& b) { return {std::max(a.from, b.from), std::min(a.to, b.to)}; }
double seconds_of(const std::vector<Stretch>& stretches);

struct PeriodDay {
  Day date;
  Stretch when;  // 23 or 25 hours where clocks change; the last one ends at `until`
};

struct Period {
  std::string id;  // "2026-11", "2026"
  Zone zone;
  Moment from, to;
  Moment until;  // now, while it is not over
  std::vector<Month> months;
  std::vector<PeriodDay> days;  // those that have begun

  bool over() const { return until == to; }
  bool is_year() const { return months.size() > 1; }
  Stretch reported() const { return {from, until}; }
  Moment begin_of(Day day) const { return std::chrono::floor<std::chrono::seconds>(zone.instant(LocalTime{day})); }
};

/// "2026-11" or "2026". config for anything else, and for one that has not begun.
Result<Period> period_of(std::string_view text, const Zone& zone, Moment now);
/// The last month that is over: "2026-10".
std::string last_month(const Zone& zone, Moment now);
std::string month_text(Month month);

// What the contract says of a stretch of time.

/// How many seconds it counts for: those of the close window by its weight.
double weighted_seconds(const Contract& contract, const Period& period, const Stretch& when);

/// The announced work on a service inside the stretch, in order, none of them overlapping.
std::vector<Stretch> planned_work(const Contract& contract, const Period& period, std::string_view service,
                                  const Stretch& when);

/// What of it goes beyond the most that a month may have (most_maintenance): the last hours of each month.
std::vector<Stretch> beyond_cap(const Contract& contract, const Period& period, const std::vector<Stretch>& work);

}  // namespace finwatch::rules
