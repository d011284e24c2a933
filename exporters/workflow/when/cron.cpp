#include "workflow/when/cron.h"

#include <algorithm>
#include <array>
#include <string>

#include "conf/words.h"
#include "core/text.h"

namespace finwatch::workflow {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

enum Place : std::size_t { kMinute, kHour, kDay, kMonth, kWeekday };

constexpr days kSearch{60 * 366};  // 29 February on one weekday comes once in 40 years at most
constexpr WallTime kEarliest{days{0}};
constexpr WallTime kLatest{days{365 * 200}};
constexpr std::uint64_t kEveryHour = (std::uint64_t{1} << 24) - 1;

struct Nickname {
  std::string_view name;
  std::string_view line;
};
constexpr std::array<Nickname, 7> kNicknames = {{{"@hourly", "0 * * * *"},
                                                 {"@daily", "0 0 * * *"},
                                                 {"@midnight", "0 0 * * *"},
                                                 {"@weekly", "0 0 * * 0"},
                                                 {"@monthly", "0 0 1 * *"},
                                                 {"@yearly", "0 0 1 1 *"},
                                                 {"@annually", "0 0 1 1 *"}}};

std::string quoted(std::string_view text) { return "\"" + valid_utf8(text.substr(0, 80)) + "\""; }

bool has(std::uint64_t bits, std::uint64_t number) { return (bits >> number & 1U) != 0; }

Result<std::string_view> line_of(std::string_view nickname) {
  std::array<std::string_view, kNicknames.size()> names;
  for (std::size_t i = 0; i < kNicknames.size(); ++i) {
    if (kNicknames[i].name == lower_case(nickname)) return kNicknames[i].line;
    names[i] = kNicknames[i].name;
  }
  return {Errc::config, "unknown cron line " + quoted(nickname) + did_you_mean(nickname, names)};
}

}  // namespace

struct CronLine::Field {
  Place place;
  std::string_view name;
  unsigned least;
  unsigned most;
  std::optional<unsigned> (*named)(std::string_view text);
};

const CronLine::Field CronLine::kFields[] = {{kMinute, "minute", 0, 59, nullptr},
                                             {kHour, "hour", 0, 23, nullptr},
                                             {kDay, "day of month", 1, 31, nullptr},
                                             {kMonth, "month", 1, 12, &parse_month},
                                             {kWeekday, "weekday", 0, 7, &parse_weekday}};

Result<CronLine> CronLine::parse(std::string_view text) {
  CronLine line;
  text = trim(text);
  for (const std::string_view prefix : {"CRON_TZ=", "TZ="}) {
    if (!text.starts_with(prefix)) continue;
    FieldReader fields(text.substr(prefix.size()));
    const Result<Zone> zone = Zone::find(fields.next());
    if (!zone) return zone.error();
    line.zone_ = *zone;
    text = trim(fields.rest());
    break;
  }
  if (text.starts_with('@')) {
    const Result<std::string_view> whole = line_of(text);
    if (!whole) return whole.error();
    text = *whole;
  }
  std::size_t count = 0;
  for (FieldReader fields(text); !fields.done(); ++count) {
    const std::string_view word = fields.next();
    if (count >= std::size(kFields)) continue;
    if (Status status = line.parse_field(kFields[count], word); !status) return status.error();
  }
  if (count != std::size(kFields))
    return {Errc::config, "expected 5 fields, minute hour day-of-month month weekday, found " + std::to_string(count) +
                              (count > 5 ? "; seconds and years are not cron's" : "")};
  if (Status status = line.check_possible(); !status) return status.error();
  return line;
}

Status CronLine::parse_field(const Field& field, std::string_view text) {
  std::uint64_t bits = 0;
  if (text.ends_with(',')) return {Errc::config, std::string(field.name) + ": nothing follows the comma in " + quoted(text)};
  for (FieldReader items(text, ','); !items.done();)
    if (Status status = parse_item(field, items.next(), bits); !status) return status;
  if (field.place == kWeekday && has(bits, 7)) bits |= 1;  // 7 is Sunday as well
  if (field.place == kDay) any_day_ = text.starts_with('*');
  if (field.place == kWeekday) any_weekday_ = text.starts_with('*');
  bits_[field.place] = bits;
  return ok();
}

Status CronLine::parse_item(const Field& field, std::string_view text, std::uint64_t& bits) {
  if (field.place == kDay && (text == "L" || text == "LW" || text == "W")) {
    (text == "L" ? last_day_ : last_working_day_) = true;
    return ok();
  }
  const auto wrong = [&](const std::string& why) {
    return Status{Errc::config, std::string(field.name) + ": " + why + ", found " + quoted(text)};
  };
  const auto number = [&](std::string_view word) {
    auto value = field.named != nullptr ? field.named(word) : std::nullopt;
    return value ? value : to_number<unsigned>(word);
  };
  const std::size_t slash = text.find('/');
  const std::string_view range = text.substr(0, slash);
  unsigned step = 1;
  if (slash != std::string_view::npos) {
    const auto given = to_number<unsigned>(text.substr(slash + 1));
    if (!given || *given < 1 || *given > 59) return wrong("expected a step from 1 to 59 after the /");
    step = *given;
  }
  const std::size_t dash = range.find('-');
  std::optional<unsigned> from = field.least;
  std::optional<unsigned> to = field.place == kWeekday ? 6 : field.most;
  if (range != "*") {
    from = number(range.substr(0, dash));
    if (dash != std::string_view::npos)
      to = number(range.substr(dash + 1));
    else if (slash == std::string_view::npos)
      to = from;
    // "Fri-Sun" ends with 7, not with 0.
    if (field.place == kWeekday && to == 0U && from && *from > 0) to = 7;
  }
  if (!from || !to || *from < field.least || *from > field.most || *to > field.most)
    return wrong("expected numbers from " + std::to_string(field.least) + " to " + std::to_string(field.most) +
                 (field.named != nullptr ? ", or names" : "") + (field.place == kDay ? ", L or LW" : ""));
  if (*to < *from) return wrong("the range runs backwards; write two with a comma between");
  for (unsigned value = *from; value <= *to; value += step) bits |= std::uint64_t{1} << value;
  return ok();
}

Status CronLine::check_possible() const {
  const bool by_number_only = !last_day_ && !last_working_day_ && (any_day_ || any_weekday_);
  if (!by_number_only) return ok();
  unsigned first = 1;
  while (!has(bits_[kDay], first)) ++first;
  for (unsigned month = 1; month <= 12; ++month) {
    const Month in_leap_year = std::chrono::year{2000} / std::chrono::month{month};
    if (has(bits_[kMonth], month) && day_number(last_day(in_leap_year)) >= first) return ok();
  }
  return {Errc::config,
          "never comes true: no month of the line has a day " + std::to_string(first) + "; write L for the last day"};
}

bool CronLine::day_fits(Day day, const FinanceCalendar& calendar) const {
  const bool in_month = has(bits_[kDay], day_number(day)) || (last_day_ && day == last_day(month_of(day))) ||
                        (last_working_day_ && day == calendar.last_working_day(month_of(day)));
  const bool in_week = has(bits_[kWeekday], weekday_number(day));
  return any_day_ || any_weekday_ ? in_month && in_week : in_month || in_week;
}

std::optional<WallTime> CronLine::next(WallTime after, const Zone& given_zone, const FinanceCalendar& calendar) const {
  if (after < kEarliest || after > kLatest) return std::nullopt;
  const Zone& zone = zone_ ? *zone_ : given_zone;
  Day day = day_of(zone.local(after));
  const Day last = day + kSearch;
  while (day <= last) {
    const Month month = month_of(day);
    if (!has(bits_[kMonth], month_number(month))) {
      day = first_day(month + std::chrono::months{1});
      continue;
    }
    if (day_fits(day, calendar)) {
      const auto found = bits_[kHour] == kEveryHour ? first_of_passing_hours(day, after, zone) : first_of_day(day, after, zone);
      if (found) return *found <= kLatest ? found : std::nullopt;
    }
    day += days{1};
  }
  return std::nullopt;
}

std::optional<WallTime> CronLine::first_of_day(Day day, WallTime after, const Zone& zone) const {
  for (unsigned hour = 0; hour < 24; ++hour) {
    if (!has(bits_[kHour], hour)) continue;
    for (unsigned minute = 0; minute < 60; ++minute) {
      if (!has(bits_[kMinute], minute)) continue;
      const WallTime time = zone.instant(day + hours{hour} + minutes{minute});
      if (time > after) return time;
    }
  }
  return std::nullopt;
}

std::optional<WallTime> CronLine::first_of_passing_hours(Day day, WallTime after, const Zone& zone) const {
  const WallTime end = zone.instant(day + days{1});
  WallTime time = std::max(zone.instant(LocalTime{day}), WallTime{std::chrono::floor<minutes>(after) + minutes{1}});
  for (; time < end; time += minutes{1}) {
    const LocalTime local = zone.local(time);
    const auto minute = std::chrono::floor<minutes>(local - day_of(local)).count() % 60;
    if (has(bits_[kMinute], static_cast<std::uint64_t>(minute)) && day_of(local) == day) return time;
  }
  return std::nullopt;
}

}  // namespace finwatch::workflow
