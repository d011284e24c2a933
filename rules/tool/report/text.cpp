#include "rules/tool/report/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/markup.h"
#include "core/text.h"

namespace finwatch::rules {

std::string fixed(double value, int decimals) {
  std::array<char, 400> text;
  if (!std::isfinite(value)) return "–";
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  std::string_view out(text.data(), static_cast<std::size_t>(end - text.data()));
  if (out.starts_with('-') && out.find_first_not_of("-0.") == std::string_view::npos) out.remove_prefix(1);  // -0.00
  return error == std::errc{} ? std::string(out) : "–";
}

std::string percent_number(double share, int decimals) {
  const double unit = std::pow(10, decimals);
  // A billionth makes good for what binary fractions lose: 99.9 % is not 99.899 %.
  return fixed(std::floor(share * 100 * unit + 1e-6) / unit, decimals);
}

std::string percent(double share, int decimals) { return percent_number(share, decimals) + "%"; }

std::string money(double amount) {
  std::string text = fixed(amount, 2);
  const std::size_t begin = text.starts_with('-') ? 1 : 0;
  for (std::size_t at = text.find('.'); at > begin + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string length_text(double seconds, Language language) {
  const bool zh = language == Language::zh;
  const auto total = static_cast<long long>(std::llround(seconds));
  if (total < 60) return std::to_string(total) + (zh ? " 秒" : " s");
  const long long in_minutes = (total + 30) / 60, days = in_minutes / 1440, hours = in_minutes / 60 % 24;
  std::string text;
  const auto add = [&](long long number, const char* in_zh, const char* in_en) {
    if (number > 0) text.append(text.empty() ? "" : " ").append(std::to_string(number)).append(zh ? in_zh : in_en);
  };
  add(days, " 天", " d");
  add(hours, " 小时", " h");
  add(in_minutes % 60, " 分", " min");
  return text;
}

std::string moment_text(const Zone& zone, Moment moment) {
  const LocalTime local = zone.local(moment);
  const auto since_midnight = std::chrono::floor<std::chrono::minutes>(local - day_of(local)).count();
  char time[16];
  std::snprintf(time, sizeof time, " %02d:%02d", static_cast<int>(since_midnight / 60), static_cast<int>(since_midnight % 60));
  return finwatch::to_text(day_of(local)) + time;
}

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(text)) append_markup(c, out);
  return out;
}

}  // namespace finwatch::rules
