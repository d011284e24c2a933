#include "core/text.h"
#include "notifier/incident/counters.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD: PostgreSQL keeps no NUL in a text

void append_value(std::string& out, std::string_view value) {
  for (const char c : valid_utf8(value)) switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      case '\0': out += kReplacement; break;
      default: out += c;
    }
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// Up to and with the closing quotation mark.
std::optional<std::string> take_value(std::string_view& text) {
  std::string value;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return value;
    if (c != '\\') {
      value += c;
      continue;
    }
    if (text.empty()) return std::nullopt;
    const char escaped = text.front();
    text.remove_prefix(1);
    if (escaped != 'n' && escaped != '"' && escaped != '\\') return std::nullopt;
    value += escaped == 'n' ? '\n' : escaped;
  }
  return std::nullopt;
}

}  // namespace

std::string label_text(std::span<const std::string_view> names, std::span<const std::string_view> values) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) {
    if (i > 0) text += ',';
    text += names[i];
    text += "=\"";
    append_value(text, values[i]);
    text += '"';
  }
  return text;
}

std::vector<std::string> label_values(std::string_view text, std::span<const std::string_view> names) {
  std::vector<std::string> values;
  for (const std::string_view name : names) {
    if (!values.empty() && !take(text, ",")) return {};
    if (!take(text, name) || !take(text, "=\"")) return {};
    std::optional<std::string> value = take_value(text);
    if (!value) return {};
    values.push_back(std::move(*value));
  }
  return text.empty() ? values : std::vector<std::string>{};
}

}  // namespace finwatch::notifier
