#include "rules/tool/notifier/time.h"

#include <array>
#include <ctime>

#include "core/date.h"

namespace finwatch::rules::notifier {
namespace {

using std::chrono::seconds;

std::string two(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// "2026-11-27", `between`, "21:05:09".
std::string shown(const std::tm& time, char between) {
  return std::to_string(time.tm_year + 1900) + "-" + two(time.tm_mon + 1) + "-" + two(time.tm_mday) + between +
         two(time.tm_hour) + ":" + two(time.tm_min) + ":" + two(time.tm_sec);
}

}  // namespace

std::optional<WallTime> parse_moment(std::string_view text) {
  if (const auto at = parse_instant(text)) return at;
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
