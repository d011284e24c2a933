// Decimal numbers as text, so that money is exact whatever its size: compared and added without a double in between.
//
//   is_decimal("12345678901234567890.10")                    true; "1e3" too, "0x10", "1,5" and "" not
//   compare_decimals("1.10", "1.1")                          equal
//   add_decimals("0.10", "-0.3")                             "-0.20": as many places as the longer one has
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace finwatch::workflow {

/// Digits with at most a sign, a point and an exponent within ±400; at most 1,000 characters.
bool is_decimal(std::string_view text);

/// What JSON calls a number: a decimal without "+", without leading zeroes, with digits on both sides of a point.
bool is_json_number(std::string_view text);

/// Of two texts that are decimals.
std::strong_ordering compare_decimals(std::string_view one, std::string_view other);
std::string add_decimals(std::string_view one, std::string_view other);
std::string negate_decimal(std::string_view number);

}  // namespace finwatch::workflow
