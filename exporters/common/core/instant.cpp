#include "core/instant.h"

#include <cstdio>
#include <ctime>

#include "core/date.h"
#include "core/text.h"

namespace finwatch {
namespace {

// Two digits at a place; more than any clock shows when they are none.
constexpr unsigned kNone = 1000;
unsigned two(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || text[at] < '0' || text[at] > '9' || text[at + 1] < '0' || text[at + 1] > '9') return kNone;
  return static_cast<unsigned>(text[at] - '0') * 10 + static_cast<unsigned>(text[at + 1] - '0');
}

// Behind the seconds: ".139" and shorter or longer.
std::optional<std::chrono::nanoseconds> take_fraction(std::string_view& rest) {
  if (!rest.starts_with('.')) return std::chrono::nanoseconds{0};
  std::size_t end = 1;
  long long nanoseconds = 0, weight = 100'000'000;
  for (; end < rest.size() && rest[end] >= '0' && rest[end] <= '9'; ++end, weight /= 10)
    nanoseconds += (rest[end] - '0') * weight;
  if (end == 1) return std::nullopt;
  rest.remove_prefix(end);
  return std::chrono::nanoseconds{nanoseconds};
}

std::optional<std::chrono::minutes> offset_of(std::string_view rest) {
  if (rest == "Z" || rest == "z") return std::chrono::minutes{0};
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return std::nullopt;
  const unsigned hours = two(rest, 1), minutes = two(rest, 4);
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::chrono::minutes ahead{hours * 60 + minutes};
  return rest[0] == '-' ? -ahead : ahead;
}

}  // namespace

std::optional<WallTime> parse_instant(std::string_view text) {
  if (text.size() < 20 || text.size() > 40 || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const std::optional<Day> day = parse_day(text.substr(0, 10));
  const unsigned hour = two(text, 11), minute = two(text, 14), second = two(text, 17);
  if (!day || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  std::string_view rest = text.substr(19);
  const auto fraction = take_fraction(rest);
  const auto ahead = offset_of(rest);
  if (!fraction || !ahead) return std::nullopt;
  const auto since = day->time_since_epoch() + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                     std::chrono::seconds{second} + *fraction - *ahead;
  return WallTime{std::chrono::duration_cast<WallTime::duration>(since)};
}

std::string instant_text(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto thousandths = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[48];
  std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  if (thousandths != 0)
    length +=
        static_cast<std::size_t>(std::snprintf(text + length, sizeof text - length, ".%03d", static_cast<int>(thousandths)));
  return std::string(text, length) + "Z";
}

}  // namespace finwatch
