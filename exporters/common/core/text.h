// Reading text that a kernel or a person wrote: fields, numbers, lines. Views in, views out; a string where new text is made.
//
//   for (LineReader lines(text); auto line = lines.next();) {
//     FieldReader fields(*line);
//     const std::string_view name = fields.next();
//     const std::optional<std::uint64_t> reads = fields.next_number<std::uint64_t>();
//   }
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace finwatch {

/// The length of the longest valid UTF-8 prefix of `text`.
std::size_t utf8_prefix(std::string_view text);

/// How many characters a text in UTF-8 has.
std::size_t utf8_length(std::string_view text);

/// `text` with every byte that is not valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

/// `text` without blanks, tabs and newlines around it.
constexpr std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Letters of ASCII alone, whatever the locale.
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
std::string lower_case(std::string_view text);
/// "Content-Type" and "content-type".
bool same_word(std::string_view a, std::string_view b);

/// The whole of `text` as a number; nothing when a part of it is not one or it does not fit.
template <std::integral T>
std::optional<T> to_number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}
template <std::floating_point T>
std::optional<T> to_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// The lines of a text, split at '\n' only; the last one may lack it.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return line;
  }

 private:
  std::string_view rest_;
};

/// The fields of a line, split at runs of blanks and tabs (or at one given separator, where empty fields count).
class FieldReader {
 public:
  explicit FieldReader(std::string_view line) : rest_(line) {}
  FieldReader(std::string_view line, char separator) : rest_(line), separator_(separator) {}

  bool done() {
    skip_blanks();
    return rest_.empty();
  }
  /// The next field, empty at the end of the line.
  std::string_view next() {
    skip_blanks();
    std::size_t end = 0;
    while (end < rest_.size() && !is_separator(rest_[end])) ++end;
    const std::string_view field = rest_.substr(0, end);
    rest_.remove_prefix(separator_ != 0 && end < rest_.size() ? end + 1 : end);
    return field;
  }
  template <class T>
  std::optional<T> next_number() {
    return to_number<T>(next());
  }
  FieldReader& skip(int fields) {
    for (int i = 0; i < fields; ++i) next();
    return *this;
  }
  std::string_view rest() const { return rest_; }

 private:
  bool is_separator(char c) const { return separator_ != 0 ? c == separator_ : c == ' ' || c == '\t'; }
  void skip_blanks() {
    if (separator_ != 0) return;
    while (!rest_.empty() && is_separator(rest_.front())) rest_.remove_prefix(1);
  }

  std::string_view rest_;
  char separator_ = 0;
};

}  // namespace finwatch
