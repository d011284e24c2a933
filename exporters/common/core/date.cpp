#include "core/date.h"

#include <array>
#include <cstdio>

#include "core/text.h"

namespace finwatch {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"january", "february", "march",     "april",   "may",      "june",
                                                      "july",    "august",   "september", "october", "november", "december"};

// The place of a name or of its first three letters in a list of names.
template <std::size_t N>
std::optional<unsigned> place_of(std::string_view text, const std::array<std::string_view, N>& names) {
  const std::string word = lower_case(text);
  for (unsigned i = 0; i < N; ++i)
    if (word == names[i] || word == names[i].substr(0, 3)) return i;
  return std::nullopt;
}

// Digits only: a sign would pass for a part of a date.
std::optional<unsigned> digits(std::string_view text, std::size_t least, std::size_t most) {
  if (text.size() < least || text.size() > most) return std::nullopt;
  return to_number<unsigned>(text);
}

}  // namespace

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4), 4, 4);
  const auto month = digits(text.substr(5, 2), 2, 2);
  const auto day = digits(text.substr(8, 2), 2, 2);
  if (!year || !month || !day || *year < 1970 || *year > 2199) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month},
                                         std::chrono::day{*day}};
  if (!date.ok()) return std::nullopt;
  return Day{date};
}

std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto hour = digits(text.substr(0, colon), 1, 2);
  const auto minute = digits(text.substr(colon + 1), 2, 2);
  if (!hour || !minute || *minute > 59 || *hour > 24 || (*hour == 24 && *minute > 0)) return std::nullopt;
  return std::chrono::minutes{*hour * 60 + *minute};
}

std::optional<LocalTime> parse_local_time(std::string_view text) {
  if (text.size() < 12 || (text[10] != ' ' && text[10] != 'T')) return std::nullopt;
  const auto day = parse_day(text.substr(0, 10));
  const auto time = parse_time_of_day(text.substr(11));
  if (!day || !time) return std::nullopt;
  return *day + *time;
}

std::optional<unsigned> parse_weekday(std::string_view text) { return place_of(text, kWeekdays); }

std::optional<unsigned> parse_month(std::string_view text) {
  const auto place = place_of(text, kMonths);
  return place ? std::optional(*place + 1) : std::nullopt;
}

std::string_view weekday_name(unsigned weekday) {
  constexpr std::array<std::string_view, 7> kNames = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
  return kNames[weekday % 7];
}

std::string to_text(Day day) {
  const std::chrono::year_month_day date{day};
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace finwatch
