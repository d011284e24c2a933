#include "notifier/channel/time_words.h"

namespace finwatch::notifier {
namespace {

void append_two_digits(long long number, std::string& out) {
  out += static_cast<char>('0' + number / 10 % 10);
  out += static_cast<char>('0' + number % 10);
}

}  // namespace

std::string hour_and_minute(WallTime at, const Zone& zone) {
  const LocalTime local = zone.local(at);
  const auto minute = std::chrono::floor<std::chrono::minutes>(local - day_of(local)).count();
  std::string text;
  append_two_digits(minute / 60, text);
  text += ':';
  append_two_digits(minute % 60, text);
  return text;
}

std::string day_and_minute(WallTime at, const Zone& zone) {
  const std::string day = to_text(day_of(zone.local(at)));  // "2026-11-27"
  return day.substr(day.find('-') + 1) + " " + hour_and_minute(at, zone);
}

LengthWords length_words(std::chrono::nanoseconds length) {
  const long long minutes = std::chrono::floor<std::chrono::minutes>(length).count();
  if (minutes < 1) return {"不到 1 分钟", "less than a minute"};
  const long long days = minutes / (24LL * 60), hours = minutes / 60 % 24, rest = minutes % 60;
  LengthWords words;
  const auto add = [&](long long number, std::string_view zh, std::string_view en) {
    if (number == 0) return;
    if (!words.zh.empty()) {
      words.zh += ' ';
      words.en += ' ';
    }
    words.zh.append(std::to_string(number)).append(zh);
    words.en.append(std::to_string(number)).append(en);
  };
  add(days, " 天", " d");
  add(hours, " 小时", " h");
  if (days == 0) add(rest, " 分钟", " min");
  return words;
}

}  // namespace finwatch::notifier
