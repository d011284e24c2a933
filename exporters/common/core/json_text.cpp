#include "core/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/text.h"

namespace finwatch {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

}  // namespace

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return out += '"';
}

void append_json_inside(std::string_view text, std::string& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (byte >= 0x20)
          out += c;
        else
          out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
}

std::string json_number(double value, int decimals) {
  std::array<char, 400> text;
  if (!std::isfinite(value)) return "null";
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  return error == std::errc{} ? std::string(text.data(), end) : "null";
}

JsonMembers& JsonMembers::add(std::string_view name, const std::string& json) { return add(json_text(name) + ':' + json); }

JsonMembers& JsonMembers::add(const std::string& json) {
  if (text_.size() > 1) text_ += ',';
  text_ += json;
  return *this;
}

}  // namespace finwatch
