#include "host/sources/os_release.h"

#include <algorithm>

#include "core/text.h"

namespace finwatch::host {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_variable_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}

bool needs_escape(char c) { return c == '"' || c == '\\' || c == '$' || c == '`'; }

/// Moves one quoted stretch from `text`, which begins with its quote, to `value`.
bool take_quoted(std::string_view& text, std::string& value) {
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      text.remove_prefix(i + 1);
      return true;
    }
    // A backslash before anything else stands for itself.
    if (quote == '"' && text[i] == '\\' && i + 1 < text.size() && needs_escape(text[i + 1])) ++i;
    value += text[i];
  }
  return false;
}

}  // namespace

std::optional<std::string> unquote(std::string_view text) {
  text = trim(text);
  std::string value;
  bool bare = true;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '"' || c == '\'') {
      if (!take_quoted(text, value)) return std::nullopt;
      bare = false;
      continue;
    }
    const bool blank = c == ' ' || c == '\t';
    // After a quoted value only a comment can follow. A value that should have been quoted is taken whole.
    if (blank && (!bare || trim(text).starts_with('#'))) break;
    if (c == '\\' && text.size() > 1) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  return value;
}

OsRelease parse_os_release(std::string_view text) {
  OsRelease release;
  for (LineReader lines(text); const auto line = lines.next();) {
    const std::string_view assignment = trim(*line);
    const std::size_t equals = assignment.find('=');
    if (equals == std::string_view::npos || !is_variable_name(assignment.substr(0, equals))) continue;
    if (auto value = unquote(assignment.substr(equals + 1))) release.set(assignment.substr(0, equals), *std::move(value));
  }
  return release;
}

std::optional<double> major_minor(std::string_view version) {
  std::size_t end = std::min(version.find_first_not_of(kDigits), version.size());
  if (end == 0) return std::nullopt;
  if (end < version.size() && version[end] == '.') end = std::min(version.find_first_not_of(kDigits, end + 1), version.size());
  return to_number<double>(version.substr(0, end));
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = to_number<unsigned>(text.substr(0, 4));
  const auto month = to_number<unsigned>(text.substr(5, 2));
  const auto day = to_number<unsigned>(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month},
                                         std::chrono::day{*day}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

}  // namespace finwatch::host
