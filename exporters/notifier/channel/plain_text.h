// Text of others made harmless as text: one line, whole characters, nothing invisible. What markup a channel knows is its own matter.
//
//   one_line("disk\nfull\xE2\x80\xAE");             // "disk full"
//   first_characters("磁盘已满，请处理", 5);         // "磁盘已满…"
//   first_bytes(body, 4096);                        // cut behind a line, or where there is none, behind a character
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace finwatch::notifier {

/// The characters of a text; bytes that are no UTF-8 come as U+FFFD.
class Characters {
 public:
  explicit Characters(std::string_view text) : rest_(text) {}

  struct Character {
    char32_t code = 0;
    std::string_view bytes;
  };
  std::optional<Character> next();

 private:
  std::string_view rest_;
};

/// Line breaks, tabs and control characters are blanks, runs of blanks are one, what turns or hides text (bidirectional marks, zero
/// width) is gone.
std::string one_line(std::string_view text);

std::size_t count_characters(std::string_view text);
/// At most so many; "…" is the last of them when some were left out.
std::string first_characters(std::string_view text, std::size_t most);
/// At most so many bytes, valid UTF-8; whole lines when one fits, and "…" at the end when something was left out.
std::string first_bytes(std::string_view text, std::size_t most);

}  // namespace finwatch::notifier
