#include "workflow/value/encode.h"

#include <algorithm>
#include <cstdint>

#include "core/json_text.h"
#include "core/markup.h"
#include "core/text.h"

namespace finwatch::workflow {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kHexUpper = "0123456789ABCDEF";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::uint32_t byte(char c) { return static_cast<unsigned char>(c); }

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

void append_percent(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    out += '%';
    out += kHexUpper[byte(c) >> 4];
    out += kHexUpper[byte(c) & 15];
  }
}

bool append_xml(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (byte(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') return false;
    if (c == '\'')
      out += "&apos;";
    else
      append_markup(c, out);
  }
  return true;
}

void append_sql(std::string_view text, std::string& out) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'') out += c;
    out += c;
  }
  out += '\'';
}

std::string base64(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = byte(bytes[i]) << 16;
    if (count > 1) bits |= byte(bytes[i + 1]) << 8;
    if (count > 2) bits |= byte(bytes[i + 2]);
    for (std::size_t j = 0; j <= count; ++j) out += alphabet[bits >> (18 - 6 * j) & 63];
    if (pad) out.append(3 - count, '=');
  }
  return out;
}

}  // namespace

Status append_escaped(std::string_view text, Escape escape, std::string& out) {
  const std::size_t before = out.size();
  switch (escape) {
    case Escape::none: out += text; break;
    case Escape::json:
      if (utf8_prefix(text) != text.size())
        return {Errc::malformed, "the value is not UTF-8, which JSON needs; base64() carries any bytes"};
      append_json_inside(text, out);
      break;
    case Escape::percent: append_percent(text, out); break;
    case Escape::xml:
      if (utf8_prefix(text) == text.size() && append_xml(text, out)) break;
      out.resize(before);
      return {Errc::malformed,
              "the value has a control character or is not UTF-8, which XML cannot carry; base64() carries any bytes"};
    case Escape::header:
    case Escape::line:
      if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        return {Errc::malformed, "the value has a line break or a zero byte, which a " +
                                     std::string(escape == Escape::line ? "line" : "header") + " must not carry"};
      for (const char c : text) out.append(escape == Escape::line && c == '$' ? 2 : 1, c);  // $$ is a dollar there
      break;
    case Escape::sql:
      if (utf8_prefix(text) != text.size() || text.find_first_of(std::string_view("\\\0", 2)) != std::string_view::npos)
        return {Errc::malformed, "the value has a backslash or a zero byte or is not UTF-8, which a statement must not carry"};
      append_sql(text, out);
      break;
  }
  return ok();
}

std::string escaped(std::string_view text, Escape escape) {
  std::string out;
  if (!append_escaped(text, escape, out)) out.clear();
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kHex[byte(c) >> 4];
    out += kHex[byte(c) & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int value = 0;
    for (std::size_t j = 0; j < 2; ++j) {
      const char c = text[i + j];
      std::size_t digit = kHex.find(c);
      if (digit == std::string_view::npos) digit = kHexUpper.find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<int>(digit);
    }
    out += static_cast<char>(value);
  }
  return out;
}

std::string to_base64(std::string_view bytes) { return base64(bytes, kBase64, true); }
std::string to_base64url(std::string_view bytes) { return base64(bytes, kBase64Url, false); }

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    std::size_t value = kBase64.find(c);
    if (value == std::string_view::npos) value = kBase64Url.find(c);
    if (value == std::string_view::npos || padding > 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++digits % 4 == 0) {
      out += static_cast<char>(bits >> 16 & 255);
      out += static_cast<char>(bits >> 8 & 255);
      out += static_cast<char>(bits & 255);
      bits = 0;
    }
  }
  const std::size_t rest = digits % 4;
  if (rest == 1 || padding > 2 || (padding > 0 && (digits + padding) % 4 != 0)) return std::nullopt;
  if (rest >= 2) out += static_cast<char>(bits >> (rest == 2 ? 4 : 10) & 255);
  if (rest == 3) out += static_cast<char>(bits >> 2 & 255);
  return out;
}

}  // namespace finwatch::workflow
