#include "database/targets/mysql_number.h"

namespace finwatch::database {
namespace {

constexpr char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view text, std::string_view small_word) {
  if (text.size() != small_word.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (small(text[i]) != small_word[i]) return false;
  return true;
}

}  // namespace

std::optional<double> mysql_number(const SqlTable& rows, std::size_t row, std::size_t column) {
  if (const auto number = rows.number(row, column)) return number;
  const std::string_view text = rows.text(row, column);
  for (const std::string_view word : {"yes", "on", "primary"})
    if (same_word(text, word)) return 1;
  for (const std::string_view word : {"no", "off", "disabled", "connecting", "non-primary", "disconnected"})
    if (same_word(text, word)) return 0;
  return {};
}

std::string mysql_metric_name(std::string_view prefix, std::string_view name) {
  std::string out(prefix);
  for (const char letter : name) {
    const char c = small(letter);
    out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ? c : '_';
  }
  return out;
}

}  // namespace finwatch::database
