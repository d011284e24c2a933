#include "database/targets/mysql_number.h"

#include <algorithm>
#include <chrono>

#include "core/text.h"

namespace finwatch::database {
namespace {

// What no metric name may hold becomes _.
constexpr char metric_letter(char letter) {
  const char c = to_lower(letter);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ? c : '_';
}

// "Nov  6 02:07:17 2027 GMT", as TLS libraries write the end of a certificate.
std::optional<double> certificate_date(std::string_view text) {
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 24 || !text.ends_with(" GMT") || text[3] != ' ' || text[9] != ':' || text[12] != ':') return {};
  const auto* month = std::find(std::begin(kMonths), std::end(kMonths), text.substr(0, 3));
  const auto day = to_number<unsigned>(trim(text.substr(4, 2)));
  const auto hour = to_number<int>(text.substr(7, 2));
  const auto minute = to_number<int>(text.substr(10, 2));
  const auto second = to_number<int>(text.substr(13, 2));
  const auto year = to_number<int>(text.substr(16, 4));
  if (month == std::end(kMonths) || !day || !hour || !minute || !second || !year) return {};
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(month - std::begin(kMonths)) + 1},
                                         std::chrono::day{*day}};
  if (!date.ok()) return {};
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return static_cast<double>(days) * 86400 + *hour * 3600 + *minute * 60 + *second;
}

}  // namespace

std::optional<double> mysql_number(const SqlTable& rows, std::size_t row, std::size_t column) {
  if (const auto number = rows.number(row, column)) return number;
  const std::string_view text = rows.text(row, column);
  for (const std::string_view word : {"yes", "on", "primary"})
    if (same_word(text, word)) return 1;
  for (const std::string_view word : {"no", "off", "disabled", "connecting", "non-primary", "disconnected"})
    if (same_word(text, word)) return 0;
  return certificate_date(text);
}

std::string mysql_metric_name(std::string_view prefix, std::string_view name) {
  std::string out(prefix);
  for (const char letter : name) out += metric_letter(letter);
  return out;
}

bool is_mysql_metric_name(std::string_view metric, std::string_view prefix, std::string_view name) {
  return metric.size() == prefix.size() + name.size() && metric.starts_with(prefix) &&
         std::equal(name.begin(), name.end(), metric.begin() + static_cast<std::ptrdiff_t>(prefix.size()),
                    [](char letter, char known) { return metric_letter(letter) == known; });
}

}  // namespace finwatch::database
