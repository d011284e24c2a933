#include "workflow/when/day_set.h"

#include <algorithm>
#include <array>

#include "conf/words.h"
#include "core/text.h"

namespace finwatch::workflow {
namespace {

constexpr unsigned kMostDays = 31;
constexpr unsigned kMostWorkdays = 24;  // a month with one more has never been arranged

constexpr std::array<std::string_view, 5> kWords = {"workdays", "holidays", "last workday", "last day", "last 3 workdays"};

// "1-5", "1..5" and "5" as its two ends; the second is the first where there is one only.
std::pair<std::string_view, std::string_view> ends_of(std::string_view range, bool dates = false) {
  const std::size_t dots = range.find("..");
  const std::size_t at = dots == std::string_view::npos && !dates ? range.find('-') : dots;
  if (at == std::string_view::npos) return {range, range};
  return {trim(range.substr(0, at)), trim(range.substr(at + (at == dots ? 2 : 1)))};
}

Error unknown(std::string_view text) {
  return {Errc::config, "unknown days \"" + valid_utf8(text.substr(0, 80)) + "\"" + did_you_mean(text, kWords) +
                            " (such as Mon-Fri, workdays, last workday, workday 1-5, day 25..last, 2026-12-31)"};
}

}  // namespace

Result<DaySet> DaySet::parse(std::string_view text) {
  DaySet set;
  if (Status status = set.add(text); !status) return status.error();
  return set;
}

Status DaySet::add(std::string_view text) {
  if (trim(text).empty()) return unknown(text);
  for (FieldReader parts(text, ','); !parts.done();) {
    const Result<Rule> rule = parse_rule(trim(parts.next()));
    if (!rule) return rule.error();
    rules_.push_back(*rule);
  }
  return ok();
}

Result<DaySet::Rule> DaySet::parse_rule(std::string_view text) {
  const std::string lower = lower_case(text);
  std::string_view word = lower;
  if (word == "workdays") return Rule{Kind::workdays};
  if (word == "holidays") return Rule{Kind::holidays};
  if (word == "last workday") return Rule{Kind::last_workdays, 1};
  if (word == "last day") return Rule{Kind::last_days, 1};
  if (word.starts_with("workday ")) return parse_counted(text, Kind::workday, trim(word.substr(8)), kMostWorkdays);
  if (word.starts_with("day ")) return parse_counted(text, Kind::day, trim(word.substr(4)), kMostDays);
  if (word.starts_with("last ")) {
    FieldReader fields(word.substr(5));
    const auto count = fields.next_number<unsigned>();
    const std::string_view what = trim(fields.rest());
    const bool workdays = what == "workdays";
    if (!count || (!workdays && what != "days")) return unknown(text);
    if (*count < 1 || *count > (workdays ? kMostWorkdays : kMostDays))
      return {Errc::config, "\"" + valid_utf8(text) + "\": a month has not so many days"};
    return Rule{workdays ? Kind::last_workdays : Kind::last_days, *count};
  }
  if (!word.empty() && word[0] >= '0' && word[0] <= '9') {
    const auto [from, to] = ends_of(word, true);
    const auto first = parse_day(from);
    const auto last = parse_day(to);
    if (!first || !last)
      return {Errc::config, "expected a day such as 2026-12-31, found \"" + valid_utf8(text.substr(0, 80)) + "\""};
    if (*last < *first) return {Errc::config, "\"" + valid_utf8(text) + "\" ends before it begins"};
    return Rule{Kind::dates, 0, 0, *first, *last};
  }
  const auto [from, to] = ends_of(word);
  const auto first = parse_weekday(from);
  const auto last = parse_weekday(to);
  if (!first || !last) return unknown(text);
  return Rule{Kind::weekdays, *first, *last};
}

Result<DaySet::Rule> DaySet::parse_counted(std::string_view text, Kind kind, std::string_view numbers, unsigned most) {
  const auto number = [](std::string_view end) { return end == "last" ? std::optional(kMostDays) : to_number<unsigned>(end); };
  const auto [from, to] = ends_of(numbers);
  const auto first = number(from);
  const auto last = number(to);
  if (!first || !last) return unknown(text);
  if (from == "last")
    return {Errc::config,
            "write \"last " + std::string(kind == Kind::day ? "day" : "workday") + "\" for \"" + valid_utf8(text) + "\""};
  if (*first < 1 || *first > most || (to != "last" && *last > most))
    return {Errc::config, "\"" + valid_utf8(text.substr(0, 80)) + "\": expected numbers from 1 to " + std::to_string(most)};
  if (*last < *first) return {Errc::config, "\"" + valid_utf8(text) + "\" ends before it begins"};
  return Rule{kind, *first, *last};
}

bool DaySet::contains(Day day, const FinanceCalendar& calendar) const {
  return every_day() ||
         std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) { return matches(rule, day, calendar); });
}

bool DaySet::matches(const Rule& rule, Day day, const FinanceCalendar& calendar) {
  const auto until_last = static_cast<unsigned>((last_day(month_of(day)) - day).count()) + 1;
  const unsigned weekday = weekday_number(day);
  switch (rule.kind) {
    case Kind::weekdays:
      return rule.from <= rule.to ? weekday >= rule.from && weekday <= rule.to : weekday >= rule.from || weekday <= rule.to;
    case Kind::workdays: return calendar.is_working_day(day);
    case Kind::holidays: return !calendar.is_working_day(day);
    case Kind::workday: {
      if (!calendar.is_working_day(day)) return false;
      const int number = calendar.working_days(first_day(month_of(day)), day) + 1;
      return number >= static_cast<int>(rule.from) && number <= static_cast<int>(rule.to);
    }
    case Kind::last_workdays:
      return calendar.is_working_day(day) &&
             calendar.working_days(day, day + std::chrono::days{until_last}) <= static_cast<int>(rule.from);
    case Kind::day: return day_number(day) >= rule.from && day_number(day) <= rule.to;
    case Kind::last_days: return until_last <= rule.from;
    case Kind::dates: return day >= rule.first && day <= rule.last;
  }
  return false;
}

}  // namespace finwatch::workflow
