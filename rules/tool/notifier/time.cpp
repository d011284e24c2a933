#include "rules/tool/notifier/time.h"

#include <array>
#include <ctime>

#include "core/date.h"
#include "core/text.h"

namespace finwatch::rules::notifier {
namespace {

using std::chrono::seconds;

// Two digits at the beginning of `text`, which then go.
std::optional<int> two_digits(std::string_view& text) {
  const auto number = text.size() < 2 ? std::nullopt : to_number<unsigned char>(text.substr(0, 2));
  if (!number) return std::nullopt;
  text.remove_prefix(2);
  return *number;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+08:00" as what the clocks there are ahead.
std::optional<seconds> offset_of(std::string_view text) {
  if (text == "Z" || text == "z") return seconds{0};
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = two_digits(text);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = two_digits(text);
  if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
  return seconds{sign * (*hours * 3600 + *minutes * 60)};
}

std::string two(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// "2026-11-27", `between`, "21:05:09".
std::string shown(const std::tm& time, char between) {
  return std::to_string(time.tm_year + 1900) + "-" + two(time.tm_mon + 1) + "-" + two(time.tm_mday) + between +
         two(time.tm_hour) + ":" + two(time.tm_min) + ":" + two(time.tm_sec);
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  if (text.size() < 20 || (text[10] != 'T' && text[10] != 't')) return std::nullopt;
  const auto day = parse_day(text.substr(0, 10));
  text.remove_prefix(11);
  const auto hour = two_digits(text);
  if (!day || !hour || !take(text, ':')) return std::nullopt;
  const auto minute = two_digits(text);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = two_digits(text);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::chrono::nanoseconds fraction{0};
  if (take(text, '.')) {
    long long unit = 100'000'000;
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    for (const char digit : text.substr(0, digits)) fraction += std::chrono::nanoseconds{(digit - '0') * unit}, unit /= 10;
    text.remove_prefix(digits);
  }
  const auto ahead = offset_of(text);
  if (!ahead) return std::nullopt;
  const std::chrono::sys_seconds at{day->time_since_epoch() + seconds{*hour * 3600 + *minute * 60 + *second} - *ahead};
  return WallTime{at} + std::chrono::duration_cast<WallTime::duration>(fraction);
}

std::string to_rfc3339(WallTime at) {
  const std::time_t time = WallTime::clock::to_time_t(std::chrono::floor<seconds>(at));
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return shown(parts, 'T') + "Z";
}

std::optional<WallTime> parse_moment(std::string_view text) {
  if (const auto at = parse_rfc3339(text)) return at;
  const auto local = parse_local_time(text);
  if (!local) return std::nullopt;
  // Read as if it were UTC, its parts are those of the clock on the wall; the C library knows which instant shows them here.
  const std::time_t as_utc = static_cast<std::time_t>(local->time_since_epoch().count());
  std::tm parts{};
  ::gmtime_r(&as_utc, &parts);
  parts.tm_isdst = -1;
  return WallTime::clock::from_time_t(std::mktime(&parts));
}

std::string local_text(WallTime at) {
  const std::time_t time = WallTime::clock::to_time_t(std::chrono::floor<seconds>(at));
  std::tm parts{};
  ::localtime_r(&time, &parts);
  return shown(parts, ' ');
}

std::string length_text(seconds length, Language language) {
  struct Unit {
    long long size;
    std::string_view zh, en;
  };
  constexpr std::array<Unit, 4> kUnits = {Unit{86'400, " 天", " d"}, Unit{3'600, " 小时", " h"}, Unit{60, " 分钟", " min"},
                                          Unit{1, " 秒", " s"}};
  long long rest = length.count();
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const auto in_words = [&](const Unit& unit) {
      const long long count = rest / unit.size;
      rest %= unit.size;
      return std::to_string(count).append(say(language, unit.zh, unit.en));
    };
    if (rest < kUnits[i].size && i + 1 < kUnits.size()) continue;
    std::string text = in_words(kUnits[i]);
    const bool has_smaller = i < 2 && rest >= kUnits[i + 1].size;  // minutes stand alone
    return has_smaller ? text + " " + in_words(kUnits[i + 1]) : text;
  }
  return {};
}

}  // namespace finwatch::rules::notifier
