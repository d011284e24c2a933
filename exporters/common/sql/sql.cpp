#include "sql/sql.h"

#include <algorithm>

#include "core/text.h"

namespace finwatch {
namespace {

// A result of half a million rows was one: its memory is given back.
constexpr std::size_t kKeptText = std::size_t{64} << 10;
constexpr std::size_t kKeptCells = std::size_t{4} << 10;

}  // namespace

std::string_view to_string(SqlReason reason) {
  constexpr std::string_view kNames[] = {"none", "refused", "timeout",    "authentication", "saturated",
                                         "tls",  "version", "permission", "lost",           "error"};
  return kNames[static_cast<unsigned char>(reason)];
}

std::string SqlAddress::place() const {
  if (!socket.empty()) return socket;
  const int shown = port != 0 ? port : engine == Engine::postgresql ? 5432 : 3306;
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(shown);
}

std::optional<std::size_t> SqlTable::column(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return {};
  return static_cast<std::size_t>(found - names_.begin());
}

std::optional<double> SqlTable::number(std::size_t row, std::size_t column) const {
  if (is_null(row, column)) return {};
  const std::string_view value = text(row, column);
  if (const auto number = to_number<double>(value)) return number;
  for (const std::string_view word : {"t", "true", "ON", "YES", "Yes", "on", "yes"})
    if (value == word) return 1;
  for (const std::string_view word : {"f", "false", "OFF", "NO", "No", "off", "no"})
    if (value == word) return 0;
  return {};
}

void SqlTable::clear() {
  names_.clear();
  columns_ = 0;
  cells_.clear();
  text_.clear();
  if (text_.capacity() > kKeptText) text_.shrink();
  if (cells_.capacity() > kKeptCells) cells_.shrink_to_fit();
}

}  // namespace finwatch
