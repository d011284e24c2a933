#include <string>
#include <vector>

#include "workflow/collector.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kClose{MetricType::gauge, "finwatch_close_window_active",
                            "Whether the month-end close window (calendar.windows.close) is open."};
constexpr MetricDesc kMaintenance{MetricType::gauge, "finwatch_maintenance_active",
                                  "Whether a planned maintenance window (calendar.windows.maintenance) is open."};
constexpr MetricDesc kWindow{MetricType::gauge, "finwatch_window_active",
                             "Whether a window of the configuration's calendar is open.", "window"};
constexpr MetricDesc kNext{MetricType::gauge, "finwatch_window_next_change_timestamp_seconds",
                           "When the window opens or closes next; none when it does not within two years.", "window"};
constexpr MetricDesc kStart{MetricType::gauge, "finwatch_period_start_timestamp_seconds",
                            "When the accounting period of today began."};
constexpr MetricDesc kEnd{MetricType::gauge, "finwatch_period_end_timestamp_seconds", "When it ends."};
constexpr MetricDesc kDays{MetricType::gauge, "finwatch_period_days_to_close", "Days until its last day; 0 on that day."};
constexpr MetricDesc kWorking{MetricType::gauge, "finwatch_working_day", "Whether today is a working day of the calendar."};
constexpr MetricDesc kKnown{MetricType::gauge, "finwatch_calendar_known_until_timestamp_seconds",
                            "The end of the last year whose holidays the configuration lists; none without a holiday file."};

const std::vector<MetricRef> kMetrics = {kClose, kMaintenance, kWindow, kNext, kStart, kEnd, kDays, kWorking, kKnown};

bool is_active(const Almanac& almanac, std::string_view name, WallTime now) {
  const auto found = almanac.windows.find(name);
  return found != almanac.windows.end() && found->second.active(now);
}

void write(const Seen& seen, MetricSink& sink) {
  const Almanac& almanac = seen.almanac;
  sink.add(kClose, is_active(almanac, "close", seen.now));
  sink.add(kMaintenance, is_active(almanac, "maintenance", seen.now));
  auto active = sink.family(kWindow);
  for (const auto& [name, windows] : almanac.windows) active.add(windows.active(seen.now), name);
  auto next = sink.family(kNext);
  for (const auto& [name, windows] : almanac.windows)
    if (const auto change = windows.next_change(seen.now)) next.add(to_seconds(*change), name);
  const Day today = day_of(almanac.zone.local(seen.now));
  const Period period = almanac.period.period_of(today);
  sink.add(kStart, to_seconds(almanac.zone.instant(LocalTime{period.first})));
  sink.add(kEnd, to_seconds(almanac.zone.instant(LocalTime{period.last + std::chrono::days{1}})));
  sink.add(kDays, period.days_to_close(today));
  sink.add(kWorking, almanac.calendar->is_working_day(today));
  if (const auto known = almanac.calendar->known_until())
    sink.add(kKnown, to_seconds(almanac.zone.instant(LocalTime{*known + std::chrono::days{1}})));
}

}  // namespace

extern const WorkflowCollector calendar_collector{
    .info = {.name = "calendar",
             .summary = "Working days, accounting period, close and maintenance windows, from the configuration's calendar.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::workflow
