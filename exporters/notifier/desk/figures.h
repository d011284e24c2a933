// What a month comes to: incidents, how the promises were kept, what was said and whether it arrived.
//
//   Result<MonthFigures> figures = month_figures(store, contract, month, now);
//   figures->clocks[index(ClockKind::answer)].kept_percent();
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "core/date.h"
#include "core/result.h"
#include "notifier/contract/sla_clock.h"
#include "notifier/desk/reading.h"
#include "notifier/store/store.h"

namespace finwatch::notifier {

/// Of one promise. An incident that still runs counts once its time is over; merged ones and false alarms never do.
struct ClockFigures {
  int kept = 0, breached = 0;
  std::vector<nanoseconds> used;  // of those that stopped
  std::optional<double> kept_percent() const;
  std::optional<nanoseconds> mean() const;
  std::optional<nanoseconds> median() const;
};

struct MonthFigures {
  Month month{};
  WallTime from, to;
  int incidents = 0;  // that began in it
  std::map<std::string, int> by_class, by_service, by_severity;
  std::array<int, kOutcomeNames.size()> by_outcome{};
  std::array<ClockFigures, kClockNames.size()> clocks;
  std::map<std::string, std::array<ClockFigures, kClockNames.size()>> clocks_by_class;
  int with_breach = 0;
  std::vector<Sheet> breached;  // the newest first, at most 200
  int reopened = 0;
  int solved = 0, solved_at_once = 0;  // that were never reopened
  std::map<ChannelKind, std::array<int, kDeliveryStateNames.size()>> deliveries;
  bool complete = true;  // false: there were more than were counted

  std::optional<double> first_time_fix_percent() const;
};

Result<MonthFigures> month_figures(Store& store, const Contract& contract, Month month, WallTime now);

}  // namespace finwatch::notifier
