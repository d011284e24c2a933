#include "rules/tool/promql/lexer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/text.h"

namespace finwatch::rules {
namespace {

using Kind = Token::Kind;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Two characters before one.
constexpr std::string_view kSigns[] = {"==", "!=", "<=", ">=", "=~", "!~", "=", "<", ">", "+", "-", "*",
                                       "/",  "%",  "^",  "@",  ",",  "(",  ")", "{", "}", "[", "]", ":"};

// An integer may be hexadecimal, or octal when it begins with 0, as in Go.
std::optional<double> number_of(std::string_view written) {
  if (written.starts_with("0x") || written.starts_with("0X")) {
    const auto whole = to_number<std::int64_t>(written.substr(2), 16);
    return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
  }
  if (written.size() > 1 && written.front() == '0')
    if (const auto octal = to_number<std::int64_t>(written, 8)) return static_cast<double>(*octal);
  double value = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value);
  if (end != written.data() + written.size()) return std::nullopt;
  if (error == std::errc{}) return value;
  // Out of range: too small is 0, too large is refused.
  const bool is_small = written.find('-') != std::string_view::npos ||
                        (written.find_first_of("eE") == std::string_view::npos &&
                         written.substr(std::min(written.find_first_not_of('0'), written.size())).starts_with('.'));
  return is_small ? std::optional(0.0) : std::nullopt;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | (point >> shift & 0x3FU)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | point >> 6U);
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | point >> 12U);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0U | point >> 18U);
    tail(12), tail(6), tail(0);
  }
}

// "'x'" for a message.
std::string shown(std::string_view text) { return "'" + std::string(text) + "'"; }

bool is_plain(std::string_view name, bool with_colons) {
  if (name.empty() || is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || is_digit(c) || (with_colons && c == ':'); });
}

}  // namespace

bool is_plain_label(std::string_view name) { return is_plain(name, false); }
bool is_plain_metric(std::string_view name) { return is_plain(name, true); }

bool Token::is_word(std::string_view word) const { return kind == Kind::word && same_word(written, word); }

std::optional<std::chrono::milliseconds> parse_length(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
  };
  constexpr std::int64_t kDay = 24LL * 3600 * 1000;
  constexpr Unit kUnits[] = {{"y", 365 * kDay}, {"w", 7 * kDay}, {"d", kDay}, {"h", 3'600'000},
                             {"m", 60'000},     {"s", 1000},     {"ms", 1}};
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1'000'000;  // Prometheus counts nanoseconds
  if (text.empty()) return std::nullopt;
  std::int64_t sum = 0;
  const Unit* unit = std::begin(kUnits);
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = to_number<std::int64_t>(text.substr(0, digits));
    text.remove_prefix(digits);
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    unit = std::find_if(unit, std::end(kUnits), [&](const Unit& one) { return one.name == name; });
    if (!count || unit == std::end(kUnits) || *count > (kMost - sum) / unit->milliseconds) return std::nullopt;
    sum += *count * unit->milliseconds;
    text.remove_prefix(name.size());
    ++unit;
  }
  return std::chrono::milliseconds(sum);
}

Error error_at(std::string_view text, std::size_t at, std::string_view message) {
  const std::string_view before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::string_view row = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
  return {Errc::config, std::to_string(line) + ":" + std::to_string(utf8_length(row) + 1) + ": " + std::string(message)};
}

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    if (is_blank(text_[at_])) {
      ++at_;
    } else if (text_[at_] == '#') {
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    } else {
      return;
    }
  }
}

Token Lexer::take(Kind kind, std::size_t length) {
  Token token;
  token.kind = kind;
  token.written = text_.substr(at_, length);
  token.span = {at_, at_ + length};
  at_ += length;
  return token;
}

Result<Token> Lexer::next() {
  skip_blanks();
  const std::string_view rest = text_.substr(at_);
  if (rest.empty()) return take(Kind::end, 0);
  const char first = rest.front();
  if (is_digit(first) || (first == '.' && rest.size() > 1 && is_digit(rest[1]))) return number();
  if (first == '"' || first == '\'' || first == '`') return quoted();
  if (is_letter(first) || (first == ':' && !inside_brackets_)) {
    std::size_t length = 1;
    while (length < rest.size() &&
           (is_letter(rest[length]) || is_digit(rest[length]) || (rest[length] == ':' && !inside_brackets_)))
      ++length;
    return take(Kind::word, length);
  }
  for (const std::string_view sign : kSigns)
    if (rest.starts_with(sign)) return take(Kind::sign, sign.size());
  // The whole character, as a message is UTF-8.
  std::size_t length = 1;
  while (length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xC0U) == 0x80U) ++length;
  return error_at(text_, at_, "unexpected character " + shown(rest.substr(0, length)));
}

// Everything that sticks together, so that 5mm is one mistake and not a number with a name behind it.
Result<Token> Lexer::number() {
  const std::string_view rest = text_.substr(at_);
  const bool is_hex = rest.starts_with("0x") || rest.starts_with("0X");
  std::size_t length = 0;
  while (length < rest.size()) {
    const char c = rest[length];
    const bool is_exponent_sign = (c == '+' || c == '-') && !is_hex && to_lower(rest[length - 1]) == 'e' &&
                                  rest.substr(0, length - 1).find_first_not_of("0123456789.") == std::string_view::npos;
    if (!is_letter(c) && !is_digit(c) && c != '.' && !is_exponent_sign) break;
    ++length;
  }
  const std::string_view written = rest.substr(0, length);
  if (const auto value = number_of(written)) {
    Token token = take(Kind::number, length);
    token.number = *value;
    return token;
  }
  if (const auto time = parse_length(written)) {
    Token token = take(Kind::duration, length);
    token.number = static_cast<double>(time->count()) / 1000;
    return token;
  }
  return error_at(text_, at_,
                  shown(written) + " is neither a number nor a duration like 1h30m (units y w d h m s ms, in this order)");
}

Result<Token> Lexer::quoted() {
  const char quote = text_[at_];
  std::string value;
  for (std::size_t at = at_ + 1; at < text_.size();) {
    const char c = text_[at];
    if (c == quote) {
      Token token = take(Kind::text, at + 1 - at_);
      token.value = std::move(value);
      return token;
    }
    if (c == '\n' && quote != '`') break;
    if (c == '\\' && quote != '`') {
      if (Status read = escape(at, value); !read) return read.error();
      continue;
    }
    value += c;
    ++at;
  }
  return error_at(text_, at_, std::string("the string has no closing ") + quote);
}

// The escape sequence that text_[at] begins, in the string that begins at at_.
Status Lexer::escape(std::size_t& at, std::string& value) const {
  constexpr std::string_view kLetters = "abfnrtv\\";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
  const std::size_t begin = at++;
  const char letter = at < text_.size() ? text_[at] : '\0';
  if (letter == text_[at_]) {
    value += letter;
    ++at;
    return ok();
  }
  if (const std::size_t which = kLetters.find(letter); which != std::string_view::npos) {
    value += kMeanings[which];
    ++at;
    return ok();
  }
  const bool is_octal = letter >= '0' && letter <= '7';
  const std::size_t digits = is_octal ? 3 : letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (digits == 0)
    return error_at(text_, begin, "unknown escape sequence; a backslash is written \\\\, or the string put in `backquotes`");
  if (!is_octal) ++at;
  const std::string_view number = text_.substr(std::min(at, text_.size()), digits);
  const auto point = to_number<std::uint32_t>(number, is_octal ? 8 : 16);
  const bool is_byte = is_octal || letter == 'x';
  if (number.size() != digits || !point || *point > (is_byte ? 0xFFU : 0x10FFFFU) || (*point >= 0xD800 && *point < 0xE000))
    return error_at(text_, begin, "the escape sequence names no character");
  if (is_byte) {
    value += static_cast<char>(*point);
  } else {
    append_utf8(*point, value);
  }
  at += digits;
  return ok();
}

}  // namespace finwatch::rules
