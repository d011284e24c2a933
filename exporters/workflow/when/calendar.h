// Working days: weekends, holidays, and the weekend days that are worked instead (调休), from files that a person keeps.
//
//   FinanceCalendar calendar;                                    // weekends only
//   if (Status status = calendar.load("calendars/cn.yml"); !status) return status.error();
//   calendar.is_working_day(*parse_day("2026-10-10"));           // a Saturday, and worked
//   calendar.last_working_day(month_of(day));
//   calendar.known_until();                                      // 2026-12-31: later holidays are not known yet
//
// Files add up: a later one overrules an earlier one day by day, so that a company puts its own days on top of the state's.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/date.h"
#include "core/result.h"
#include "core/tree.h"

namespace finwatch::workflow {

struct HolidayName {
  std::string zh;
  std::string en;
};

class FinanceCalendar {
 public:
  /// Adds a file; config with file:line:column, no_data when there is none. After an error the calendar is as before.
  Status load(const std::string& path);
  Status add(const Tree& file);

  bool is_working_day(Day day) const;
  /// The holiday that a day belongs to, nullptr when it belongs to none.
  const HolidayName* holiday(Day day) const;

  /// The nth working day of a month; from 1, or -1 for the last one. Nothing when it has fewer.
  std::optional<Day> nth_working_day(Month month, int n) const;
  std::optional<Day> last_working_day(Month month) const { return nth_working_day(month, -1); }
  /// The nearest one after or before a day; nothing when there is none within two years.
  std::optional<Day> next_working_day(Day day) const;
  std::optional<Day> previous_working_day(Day day) const;
  /// How many there are from `from` up to and without `to`.
  int working_days(Day from, Day to) const;

  /// The last day of the last year that was listed; nothing when no file was added.
  std::optional<Day> known_until() const;

 private:
  struct Exception {
    bool worked = false;
    HolidayName name;
  };
  friend class CalendarReader;

  std::map<Day, Exception> exceptions_;
  std::map<int, bool> years_;     // those listed
  unsigned weekend_ = 0b1000001;  // a bit for each weekday, from Sunday
};

}  // namespace finwatch::workflow
