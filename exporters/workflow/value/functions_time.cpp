// Functions over days, periods and times. What day it is, and which days are worked, comes from the context.
#include <algorithm>

#include "core/text.h"
#include "workflow/value/functions.h"

namespace finwatch::workflow {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr long long kMostDays = 40'000;
constexpr int kLongestHoliday = 400;  // days without a working day: the calendar is wrong

Result<std::chrono::seconds> offset_of(const Call& call, std::size_t zone) {
  const auto offset = call.context.calendar->utc_offset(call.text(zone), call.context.clock->wall());
  if (!offset) return {Errc::malformed, "unknown time zone " + shown_argument(call, zone)};
  return *offset;
}

Result<sys_days> today(const Call& call, std::size_t zone) {
  const Result<std::chrono::seconds> offset = offset_of(call, zone);
  if (!offset) return offset.error();
  return std::chrono::floor<days>(call.context.clock->wall() + *offset);
}

// The date at `index`, today without one.
Result<sys_days> date_argument(const Call& call, std::size_t index) {
  if (!call.has(index)) return today(call, call.arguments.size());
  const auto date = parse_date(call.text(index));
  if (!date) return {Errc::malformed, "expected a date such as 2026-11-26, found " + shown_argument(call, index)};
  return *date;
}

sys_days first_of_month(sys_days day) {
  const year_month_day date{day};
  return sys_days{date.year() / date.month() / 1};
}

sys_days last_of_month(sys_days day) {
  const year_month_day date{day};
  return sys_days{date.year() / date.month() / std::chrono::last};
}

Status give(sys_days day, Value& result) {
  const int year = static_cast<int>(year_month_day{day}.year());
  if (year < 1 || year > 9999) return {Errc::malformed, "the date is outside the years 1 to 9999"};
  result = Value::of_text(format_date(day));
  return ok();
}

Status formatted(std::string_view format, WallTime when, std::chrono::seconds offset, Value& result) {
  Result<std::string> text = format_time(format, when, offset);
  if (!text) return text.error();
  result = Value::of_text(std::move(*text));
  return ok();
}

Status now_of(const Call& call, Value& result) {
  const Result<std::chrono::seconds> offset = offset_of(call, 1);
  if (!offset) return offset.error();
  return formatted(call.text(0, "%FT%T%:z"), call.context.clock->wall(), *offset, result);
}

Status today_of(const Call& call, Value& result) {
  const Result<sys_days> day = today(call, 0);
  return day ? give(*day, result) : day.error();
}

Status format_date_of(const Call& call, Value& result) {
  const Result<sys_days> day = date_argument(call, 0);
  if (!day) return day.error();
  return formatted(call.text(1), WallTime{*day}, std::chrono::seconds{0}, result);
}

Status period_of(const Call& call, Value& result) {
  const Result<sys_days> day = date_argument(call, 0);
  if (!day) return day.error();
  return formatted(call.text(1, "%Y-%m"), WallTime{*day}, std::chrono::seconds{0}, result);
}

Status add_days_of(const Call& call, Value& result) {
  const Result<sys_days> day = date_argument(call, 0);
  if (!day) return day.error();
  const Result<long long> count = whole_argument(call, 1, -kMostDays, kMostDays);
  if (!count) return count.error();
  return give(*day + days{*count}, result);
}

Status add_months_of(const Call& call, Value& result) {
  const Result<sys_days> day = date_argument(call, 0);
  if (!day) return day.error();
  const Result<long long> count = whole_argument(call, 1, -1200, 1200);
  if (!count) return count.error();
  year_month_day date = year_month_day{*day} + months{*count};
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;  // 31 January and a month is 28 February
  return give(sys_days{date}, result);
}

template <sys_days (*change)(sys_days)>
Status changed(const Call& call, Value& result) {
  const Result<sys_days> day = date_argument(call, 0);
  return day ? give(change(*day), result) : day.error();
}

long long year_of(const year_month_day& date) { return static_cast<int>(date.year()); }
long long month_of(const year_month_day& date) { return static_cast<unsigned>(date.month()); }
long long day_of(const year_month_day& date) { return static_cast<unsigned>(date.day()); }

template <long long (*part)(const year_month_day&)>
Status part_of(const Call& call, Value& result) {
  const Result<sys_days> day = date_argument(call, 0);
  if (!day) return day.error();
  result = Value::of_number(part(year_month_day{*day}));
  return ok();
}

// The `count`-th working day from `day` on, in the direction of `step`; `day` itself counts.
Status nth_workday(const Calendar& calendar, sys_days day, long long count, days step, Value& result) {
  for (int idle = 0; idle < kLongestHoliday; day += step, ++idle) {
    if (!calendar.is_workday(day)) continue;
    if (--count == 0) return give(day, result);
    idle = 0;
  }
  return {Errc::unavailable, "the calendar has no working day within 400 days of " + format_date(day)};
}

Status workday_of(const Call& call, Value& result) {
  const Result<sys_days> day = date_argument(call, 0);
  if (!day) return day.error();
  result = Value::of_boolean(call.context.calendar->is_workday(*day));
  return ok();
}

Status add_workdays_of(const Call& call, Value& result) {
  const Result<sys_days> day = date_argument(call, 0);
  if (!day) return day.error();
  const Result<long long> count = whole_argument(call, 1, -1000, 1000);
  if (!count) return count.error();
  if (*count == 0) return give(*day, result);
  const days step{*count < 0 ? -1 : 1};
  return nth_workday(*call.context.calendar, *day + step, std::abs(*count), step, result);
}

Status last_workday_of(const Call& call, Value& result) {
  const Result<sys_days> day = date_argument(call, 0);
  if (!day) return day.error();
  return nth_workday(*call.context.calendar, last_of_month(*day), 1, days{-1}, result);
}

Status nth_workday_of(const Call& call, Value& result) {
  const Result<long long> count = whole_argument(call, 0, 1, 23);
  if (!count) return count.error();
  const Result<sys_days> day = date_argument(call, 1);
  if (!day) return day.error();
  return nth_workday(*call.context.calendar, first_of_month(*day), *count, days{1}, result);
}

template <class Unit>
Status unix_of(const Call& call, Value& result) {
  result = Value::of_number(std::chrono::floor<Unit>(call.context.clock->wall().time_since_epoch()).count());
  return ok();
}

constexpr Function kFunctions[] = {
    {.name = "now", .usage = "now(format='%FT%T%:z', zone)", .most = 2, .call = now_of, .pure = false},
    {.name = "today", .usage = "today(zone)", .most = 1, .call = today_of, .pure = false},
    {.name = "unix_time", .usage = "unix_time()", .call = unix_of<std::chrono::seconds>, .pure = false},
    {.name = "unix_ms", .usage = "unix_ms()", .call = unix_of<std::chrono::milliseconds>, .pure = false},
    {.name = "format_date", .usage = "format_date(date, format)", .least = 2, .most = 2, .call = format_date_of},
    {.name = "add_days", .usage = "add_days(date, count)", .least = 2, .most = 2, .call = add_days_of},
    {.name = "add_months", .usage = "add_months(date, count)", .least = 2, .most = 2, .call = add_months_of},
    {.name = "add_workdays",
     .usage = "add_workdays(date, count)",
     .least = 2,
     .most = 2,
     .call = add_workdays_of,
     .pure = false},
    {.name = "first_of_month",
     .usage = "first_of_month(date=today)",
     .most = 1,
     .call = changed<first_of_month>,
     .pure = false},
    {.name = "last_of_month", .usage = "last_of_month(date=today)", .most = 1, .call = changed<last_of_month>, .pure = false},
    {.name = "period", .usage = "period(date=today, format='%Y-%m')", .most = 2, .call = period_of, .pure = false},
    {.name = "year", .usage = "year(date=today)", .most = 1, .call = part_of<year_of>, .pure = false},
    {.name = "month", .usage = "month(date=today)", .most = 1, .call = part_of<month_of>, .pure = false},
    {.name = "day", .usage = "day(date=today)", .most = 1, .call = part_of<day_of>, .pure = false},
    {.name = "workday", .usage = "workday(date=today)", .most = 1, .call = workday_of, .pure = false},
    {.name = "last_workday", .usage = "last_workday(date=today)", .most = 1, .call = last_workday_of, .pure = false},
    {.name = "nth_workday",
     .usage = "nth_workday(count, date=today)",
     .least = 1,
     .most = 2,
     .call = nth_workday_of,
     .pure = false},
};

}  // namespace

std::span<const Function> time_functions() { return kFunctions; }

}  // namespace finwatch::workflow
