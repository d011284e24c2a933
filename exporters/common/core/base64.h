// Bytes as letters: hexadecimal and base64.
//
//   to_base64("\xfb\xff");           // "+/8="
//   from_base64("-_8");              // the same two bytes
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace finwatch {

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);
std::string to_base64(std::string_view bytes);
std::string to_base64url(std::string_view bytes);  // without the = at the end
/// Either alphabet, with or without = at the end, line breaks and blanks skipped; nothing when it is neither.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace finwatch
