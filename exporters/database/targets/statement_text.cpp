#include "database/targets/statement_text.h"

#include "core/text.h"

namespace finwatch::database {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Behind the quote that ends what begins at `at`; a doubled one is part of it. The end when there is none.
std::size_t behind_quote(std::string_view sql, std::size_t at, bool backslash) {
  const char quote = sql[at];
  for (std::size_t i = at + 1; i < sql.size(); ++i) {
    if (backslash && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 == sql.size() || sql[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return sql.size();
}

/// Behind `mark` when it comes at or after `from`, else the end.
std::size_t behind(std::string_view sql, std::string_view mark, std::size_t from) {
  const std::size_t found = sql.find(mark, from);
  return found == std::string_view::npos ? sql.size() : found + mark.size();
}

/// "$$" or "$tag$" at `at`; empty for "$1" and for anything else.
std::string_view dollar_tag(std::string_view sql, std::size_t at) {
  std::size_t end = at + 1;
  if (end < sql.size() && sql[end] >= '0' && sql[end] <= '9') return {};
  while (end < sql.size() && is_word(sql[end])) ++end;
  return end < sql.size() && sql[end] == '$' ? sql.substr(at, end + 1 - at) : std::string_view{};
}

/// Takes off the prefix of E'…', N'…', B'…', X'…' that was written already.
char take_prefix(std::string& out) {
  const auto prefix = [&] { return !out.empty() && std::string_view("eEnNbBxX").find(out.back()) != std::string_view::npos; };
  if (!prefix() || (out.size() > 1 && is_word(out[out.size() - 2]))) return ' ';
  const char found = out.back();
  out.pop_back();
  return found;
}

}  // namespace

std::string statement_text(std::string_view sql, std::size_t most_bytes) {
  std::string out;
  bool blank = false;
  const auto put = [&](std::string_view text) {
    if (blank && !out.empty()) out += ' ';
    blank = false;
    out.append(text);
  };
  std::size_t at = 0;
  while (at < sql.size() && out.size() <= most_bytes) {
    const std::string_view rest = sql.substr(at);
    if (const char c = sql[at]; c == ' ' || (c >= '\t' && c <= '\r')) {
      blank = true;
      ++at;
    } else if (rest.starts_with("--")) {
      blank = true;
      at = behind(sql, "\n", at);
    } else if (rest.starts_with("/*")) {
      blank = true;
      at = behind(sql, "*/", at + 2);
    } else if (c == '\'') {
      const char prefix = blank ? ' ' : take_prefix(out);
      at = behind_quote(sql, at, prefix == 'e' || prefix == 'E');
      put("?");
    } else if (c == '"' || c == '`') {
      const std::size_t end = behind_quote(sql, at, false);
      put(sql.substr(at, end - at));
      at = end;
    } else if (const std::string_view tag = c == '$' && (at == 0 || !is_word(sql[at - 1])) ? dollar_tag(sql, at) : "";
               !tag.empty()) {
      at = behind(sql, tag, at + tag.size());
      put("?");
    } else {
      put(sql.substr(at, 1));
      ++at;
    }
  }
  if (out.size() > most_bytes) out.resize(most_bytes);
  out.resize(utf8_prefix(out));
  return out;
}

}  // namespace finwatch::database
