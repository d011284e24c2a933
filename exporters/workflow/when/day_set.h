// Which days: the words after `days:` in a window.
//
//   Result<DaySet> days = DaySet::parse("last workday");         // config, saying what was expected
//   days->add("2026-12-31");
//   days->contains(day, calendar);
//
//   Mon-Fri  Sat  Fri-Mon        weekdays; a range may go over the weekend
//   workdays  holidays           by the calendar; holidays are all days off, weekends too
//   workday 3  workday 1-5       of the month
//   last workday  last 3 workdays
//   day 25  day 25..last         of the month
//   last day  last 3 days
//   2026-12-31  2026-12-31..2027-01-02
//
// Several of them, with commas between, are all days that one of them names.
#pragma once

#include <string_view>
#include <vector>

#include "core/result.h"
#include "workflow/when/calendar.h"

namespace finwatch::workflow {

class DaySet {
 public:
  /// One or more of the words above, with commas between.
  static Result<DaySet> parse(std::string_view text);
  Status add(std::string_view text);

  /// Whether no word was given, which means every day.
  bool every_day() const { return rules_.empty(); }
  bool contains(Day day, const FinanceCalendar& calendar) const;

 private:
  enum class Kind : unsigned char { weekdays, workdays, holidays, workday, last_workdays, day, last_days, dates };
  struct Rule {
    Kind kind{};
    unsigned from = 0;
    unsigned to = 0;
    Day first{};  // of dates
    Day last{};
  };
  static bool matches(const Rule& rule, Day day, const FinanceCalendar& calendar);
  static Result<Rule> parse_rule(std::string_view text);
  static Result<Rule> parse_counted(std::string_view text, Kind kind, std::string_view numbers, unsigned most);

  std::vector<Rule> rules_;
};

}  // namespace finwatch::workflow
