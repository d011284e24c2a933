#include "rules/tool/notifier/terminal.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/text.h"

namespace finwatch::rules::notifier {
namespace {

struct Range {
  char32_t first, last;
};

// Unicode 15, EastAsianWidth W and F; neighbours that are not assigned are joined.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},   {0x23F3, 0x23F3},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},
    {0x26F2, 0x26F3},   {0x26F5, 0x26F5},   {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27B0, 0x27B0},   {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},
    {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7F0},
    {0x1F90C, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD}};

// They stand on the character before them.
constexpr Range kNarrowest[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
                                {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0x302A, 0x302D},
                                {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};

// Control characters, and those that turn the direction of what follows.
constexpr Range kUnprintable[] = {{0x00, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};

bool is_in(std::span<const Range> ranges, char32_t character) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return range.first <= character && character <= range.last; });
}

// The first character of a text that is UTF-8, and how many bytes it has.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
};
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])); };
  const std::uint32_t lead = byte(0);
  Character one{.code = lead, .bytes = lead < 0x80 ? 1U : lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : 4U};
  if (one.bytes == 1 || one.bytes > text.size()) return {.code = lead, .bytes = 1};
  std::uint32_t code = lead & (0xFFU >> (one.bytes + 1));
  for (std::size_t i = 1; i < one.bytes; ++i) code = code << 6 | (byte(i) & 0x3FU);
  one.code = code;
  return one;
}

std::size_t width_of(char32_t character) { return is_in(kNarrowest, character) ? 0 : is_in(kWide, character) ? 2 : 1; }

}  // namespace

std::string printable(std::string_view text) {
  const std::string valid = valid_utf8(text);
  std::string out;
  for (std::string_view rest = trim(valid); !rest.empty();) {
    const Character one = first_of(rest);
    if (one.code == '\n' || one.code == '\t' || one.code == '\r')
      out += ' ';
    else if (is_in(kUnprintable, one.code))
      out += "\uFFFD";
    else
      out += rest.substr(0, one.bytes);
    rest.remove_prefix(one.bytes);
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character one = first_of(text);
    width += width_of(one.code);
    text.remove_prefix(one.bytes);
  }
  return width;
}

std::string cut_to(std::string_view text, std::size_t most) {
  if (display_width(text) <= most) return std::string(text);
  if (most == 0) return {};
  std::size_t width = 0, bytes = 0;
  while (bytes < text.size()) {
    const Character one = first_of(text.substr(bytes));
    if (width + width_of(one.code) > most - 1) break;
    width += width_of(one.code), bytes += one.bytes;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

void Columns::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Columns::text(const Form& form) const {
  constexpr std::size_t kGap = 2, kLeast = 12;
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::size_t all = form.indent.size();
  for (const std::size_t width : widths) all += width + kGap;
  if (form.most != 0 && all > form.most + kGap && form.gives_way < widths.size()) {
    std::size_t& width = widths[form.gives_way];
    const std::size_t over = all - kGap - form.most;
    width = std::min(width, std::max(kLeast, width > over ? width - over : 0));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line(form.indent);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = cut_to(row[i], widths[i]);
      line += cell;
      line.append(widths[i] - display_width(cell) + kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.append(line).append("\n");
  }
  return out;
}

}  // namespace finwatch::rules::notifier
