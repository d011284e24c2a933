#include "workflow/value/encode.h"

#include <algorithm>
#include <cstdint>

#include "core/json_text.h"
#include "core/markup.h"
#include "core/text.h"

namespace finwatch::workflow {
namespace {

constexpr std::string_view kHexUpper = "0123456789ABCDEF";

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

}  // namespace finwatch::workflow
