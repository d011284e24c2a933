// Cron lines: minute, hour, day of month, month, weekday.
//
//   Result<CronLine> line = CronLine::parse("30 9 * * Mon-Fri"); // config, saying which field is wrong and how
//   const auto next = line->next(clock.wall(), zone, calendar);
//
// Fields take *, 5, 1-5, */10, 1-20/5, 40/5, lists of them, and names of months and weekdays (0 and 7 are Sunday). When neither day
// field begins with *, a day that fits one of them counts. In the day of month, L is the last day, LW or W the last working day.
// @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually stand for a whole line; "CRON_TZ=Europe/Berlin 0 9 * * *"
// carries its zone.
//
// A time that clocks skip runs once, when they have gone forward; one that comes twice runs at its first coming. A line for every
// hour follows the hours as they pass instead: nothing of it is moved, and an hour that comes twice is served twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "conf/zone.h"
#include "core/result.h"
#include "workflow/when/calendar.h"

namespace finwatch::workflow {

class CronLine {
 public:
  /// config for a line that can never come true, too: "0 0 31 2 *".
  static Result<CronLine> parse(std::string_view text);

  /// The first time after `after`, by the line's own zone or the given one. Nothing when there is none within sixty years.
  std::optional<WallTime> next(WallTime after, const Zone& zone, const FinanceCalendar& calendar) const;

 private:
  struct Field;
  static const Field kFields[];
  Status parse_field(const Field& field, std::string_view text);
  Status parse_item(const Field& field, std::string_view text, std::uint64_t& bits);
  Status check_possible() const;
  bool day_fits(Day day, const FinanceCalendar& calendar) const;
  std::optional<WallTime> first_of_day(Day day, WallTime after, const Zone& zone) const;
  std::optional<WallTime> first_of_passing_hours(Day day, WallTime after, const Zone& zone) const;

  std::uint64_t bits_[5] = {};  // what each field allows, a bit for each number
  bool any_day_ = false;        // the field begins with *
  bool any_weekday_ = false;
  bool last_day_ = false;
  bool last_working_day_ = false;
  std::optional<Zone> zone_;
};

}  // namespace finwatch::workflow
