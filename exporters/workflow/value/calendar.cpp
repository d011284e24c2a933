#include "workflow/value/calendar.h"

#include "core/text.h"

namespace finwatch::workflow {
namespace {

using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::sys_days;

class PlainCalendar final : public Calendar {
 public:
  std::optional<seconds> utc_offset(std::string_view zone, WallTime) const override {
    if (zone.empty() || zone == "UTC" || zone == "Z") return seconds{0};
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
    const auto hours = to_number<unsigned>(zone.substr(1, 2));
    const auto minutes = to_number<unsigned>(zone.substr(4, 2));
    if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
    const seconds offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
    return zone[0] == '-' ? -offset : offset;
  }
  bool is_workday(sys_days day) const override { return std::chrono::weekday{day}.iso_encoding() <= 5; }
};

void append_number(std::string& out, long long number, std::size_t width) {
  const std::string digits = std::to_string(number);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

void append_offset(std::string& out, seconds offset, bool colon) {
  out += offset.count() < 0 ? '-' : '+';
  const long long minutes = (offset.count() < 0 ? -offset.count() : offset.count()) / 60;
  append_number(out, minutes / 60, 2);
  if (colon) out += ':';
  append_number(out, minutes % 60, 2);
}

}  // namespace

const Calendar& plain_calendar() {
  static const PlainCalendar calendar;
  return calendar;
}

std::optional<sys_days> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = to_number<unsigned>(text.substr(0, 4));
  const auto month = to_number<unsigned>(text.substr(5, 2));
  const auto day = to_number<unsigned>(text.substr(8, 2));
  if (!year || !month || !day || *year == 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month},
                                         std::chrono::day{*day}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::string format_date(sys_days day) {
  const std::chrono::year_month_day date{day};
  std::string out;
  append_number(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_number(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_number(out, static_cast<unsigned>(date.day()), 2);
  return out;
}

Result<std::string> format_time(std::string_view format, WallTime when, seconds utc_offset) {
  const WallTime local = when + utc_offset;
  const auto day = floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{floor<std::chrono::milliseconds>(local) - day};
  const int year = static_cast<int>(date.year());
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    const char letter = ++i < format.size() ? format[i] : '\0';
    switch (letter) {
      case 'Y': append_number(out, year, 4); break;
      case 'y': append_number(out, year % 100, 2); break;
      case 'm': append_number(out, static_cast<unsigned>(date.month()), 2); break;
      case 'd': append_number(out, static_cast<unsigned>(date.day()), 2); break;
      case 'j': append_number(out, (day - sys_days{date.year() / 1 / 1}).count() + 1, 3); break;
      case 'H': append_number(out, time.hours().count(), 2); break;
      case 'M': append_number(out, time.minutes().count(), 2); break;
      case 'S': append_number(out, time.seconds().count(), 2); break;
      case 'L': append_number(out, time.subseconds().count(), 3); break;
      case 'z': append_offset(out, utc_offset, false); break;
      case 'F': out += format_date(day); break;
      case 'T':
        append_number(out, time.hours().count(), 2);
        append_number(out += ':', time.minutes().count(), 2);
        append_number(out += ':', time.seconds().count(), 2);
        break;
      case '%': out += '%'; break;
      case ':':
        if (format.substr(i).starts_with(":z")) {
          append_offset(out, utc_offset, true);
          ++i;
          break;
        }
        [[fallthrough]];
      default:
        return {Errc::malformed, "'" + std::string(format) +
                                     "' is no format of a time: expected %Y %y %m %d %j %H %M %S %L %z %:z "
                                     "%F %T or %%"};
    }
  }
  return out;
}

}  // namespace finwatch::workflow
