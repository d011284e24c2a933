// Dates and times of day as a person writes them, and their arithmetic.
//
//   const std::optional<Day> day = parse_day("2026-10-01");
//   const Month month = month_of(*day);                          // October 2026
//   to_text(last_day(month));                                    // "2026-10-31"
//   parse_time_of_day("22:00");                                  // 22 h
//   parse_local_time("2026-12-31 18:00");
//
// A Day and a LocalTime are what a calendar and a clock on the wall show; only a time zone makes instants of them.
// Years run from 1970 to 2199.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace finwatch {

using Day = std::chrono::local_days;
using LocalTime = std::chrono::local_seconds;
using Month = std::chrono::year_month;

inline Day day_of(LocalTime time) { return std::chrono::floor<std::chrono::days>(time); }
inline unsigned day_number(Day day) { return static_cast<unsigned>(std::chrono::year_month_day{day}.day()); }
/// 0 for Sunday, 6 for Saturday.
inline unsigned weekday_number(Day day) { return std::chrono::weekday{day}.c_encoding(); }
inline Month month_of(Day day) {
  const std::chrono::year_month_day date{day};
  return date.year() / date.month();
}
inline unsigned month_number(Month month) { return static_cast<unsigned>(month.month()); }
inline Day first_day(Month month) { return Day{month / std::chrono::day{1}}; }
inline Day last_day(Month month) { return Day{month / std::chrono::last}; }

/// "2026-10-01"; nothing when it is no date of the calendar.
std::optional<Day> parse_day(std::string_view text);
/// "14:00", "9:30", "24:00" as the time since midnight.
std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text);
/// "2026-12-31 18:00", or with a T between them.
std::optional<LocalTime> parse_local_time(std::string_view text);

/// "Mon" or "monday" as 1, with 0 for Sunday; "Jan" or "january" as 1. In any case of letters.
std::optional<unsigned> parse_weekday(std::string_view text);
std::optional<unsigned> parse_month(std::string_view text);

std::string_view weekday_name(unsigned weekday);
std::string to_text(Day day);

}  // namespace finwatch
