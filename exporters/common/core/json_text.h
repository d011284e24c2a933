// JSON as it is written by hand: a text in quotes, a number.
//
//   out += "{\"name\":" + json_text(name) + ",\"seconds\":" + json_number(seconds) + "}";
#pragma once

#include <string>
#include <string_view>

namespace finwatch {

/// In quotes, with everything escaped that must be; bytes that are no UTF-8 become U+FFFD.
std::string json_text(std::string_view text);

/// With this many decimals; null for what is no number.
std::string json_number(double value, int decimals = 3);

}  // namespace finwatch
