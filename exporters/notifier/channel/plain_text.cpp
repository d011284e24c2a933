#include "notifier/channel/plain_text.h"

#include <array>

#include "core/text.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kMore = "…";
constexpr std::string_view kNoCharacter = "\xEF\xBF\xBD";  // U+FFFD

bool is_blank(char32_t c) {
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x3000;
}

// Characters without a width of their own: what is behind them would be read in another order, or two texts would look the same.
bool is_hidden(char32_t c) {
  return c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

}  // namespace

std::optional<Characters::Character> Characters::next() {
  if (rest_.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(rest_.front());
  const std::size_t length = first < 0x80 ? 1U : first < 0xE0 ? 2U : first < 0xF0 ? 3U : 4U;
  if (utf8_prefix(rest_.substr(0, length)) != length) {
    rest_.remove_prefix(1);
    return Character{0xFFFD, kNoCharacter};
  }
  constexpr std::array<unsigned, 5> kBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = first & kBits[length];
  for (std::size_t i = 1; i < length; ++i) code = code << 6U | (static_cast<unsigned char>(rest_[i]) & 0x3FU);
  const Character character{code, rest_.substr(0, length)};
  rest_.remove_prefix(length);
  return character;
}

std::string one_line(std::string_view text) {
  std::string line;
  bool blank = false;
  Characters characters(text);
  while (const auto character = characters.next()) {
    if (is_hidden(character->code)) continue;
    if (is_blank(character->code)) {
      blank = !line.empty();
      continue;
    }
    if (blank) line += ' ';
    blank = false;
    line += character->bytes;
  }
  return line;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (Characters characters(text); characters.next();) ++count;
  return count;
}

std::string first_characters(std::string_view text, std::size_t most) {
  if (count_characters(text) <= most) return valid_utf8(text);
  if (most == 0) return {};
  std::string first;
  Characters characters(text);
  for (std::size_t i = 0; i + 1 < most; ++i) first += characters.next()->bytes;
  return first.append(kMore);
}

std::string first_bytes(std::string_view text, std::size_t most) {
  if (text.size() <= most && utf8_prefix(text) == text.size()) return std::string(text);
  const std::string valid = valid_utf8(text);
  if (valid.size() <= most) return valid;
  if (most < kMore.size()) return {};
  std::string_view first = std::string_view(valid).substr(0, most - kMore.size());
  const std::size_t line = first.rfind('\n');
  first = line == std::string_view::npos || line == 0 ? first.substr(0, utf8_prefix(first)) : first.substr(0, line + 1);
  return std::string(first).append(kMore);
}

}  // namespace finwatch::notifier
