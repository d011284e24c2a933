#include "workflow/value/decimal.h"

#include <algorithm>
#include <optional>

#include "core/text.h"

namespace finwatch::workflow {
namespace {

constexpr int kMostExponent = 400;
constexpr std::size_t kLongest = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A number is digits × 10^-places, negative or not.
struct Decimal {
  bool negative = false;
  std::string digits;  // without leading zeroes; empty for zero
  int places = 0;
};

std::optional<Decimal> parse(std::string_view text) {
  if (text.empty() || text.size() > kLongest) return std::nullopt;
  Decimal decimal;
  decimal.negative = text.front() == '-';
  if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
  bool seen_digit = false;
  bool seen_point = false;
  std::size_t at = 0;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !seen_point)); ++at) {
    if (text[at] == '.') {
      seen_point = true;
      continue;
    }
    seen_digit = true;
    if (seen_point) ++decimal.places;
    if (text[at] != '0' || !decimal.digits.empty()) decimal.digits += text[at];
  }
  if (!seen_digit) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    std::string_view exponent = text.substr(at + 1);
    if (exponent.starts_with('+') && exponent.size() > 1 && is_digit(exponent[1])) exponent.remove_prefix(1);
    const auto number = to_number<int>(exponent);
    if (!number || *number > kMostExponent || *number < -kMostExponent) return std::nullopt;
    decimal.places -= *number;
  }
  if (decimal.digits.empty()) decimal.negative = false;
  return decimal;
}

Decimal parsed(std::string_view text) { return parse(text).value_or(Decimal{}); }

// With at least `places` places, and none of them negative.
void widen(Decimal& decimal, int places) {
  const int more = std::max({places, decimal.places, 0}) - decimal.places;
  if (!decimal.digits.empty()) decimal.digits.append(static_cast<std::size_t>(more), '0');
  decimal.places += more;
}

std::strong_ordering compare_digits(const std::string& one, const std::string& other) {
  if (one.size() != other.size()) return one.size() <=> other.size();
  return one <=> other;
}

// Of digits, the first not the smaller one.
std::string add_digits(std::string_view longer, std::string_view shorter, bool subtract) {
  std::string sum(longer);
  int carry = 0;
  for (std::size_t i = 0; i < longer.size(); ++i) {
    char& digit = sum[longer.size() - 1 - i];
    const int other = (i < shorter.size() ? shorter[shorter.size() - 1 - i] - '0' : 0) + carry;
    const int result = digit - '0' + (subtract ? -other : other);
    carry = result < 0 || result > 9 ? 1 : 0;
    digit = static_cast<char>('0' + (result + 10) % 10);
  }
  if (carry != 0) sum.insert(sum.begin(), '1');
  sum.erase(0, std::min(sum.find_first_not_of('0'), sum.size()));
  return sum;
}

std::string written(const Decimal& decimal) {
  const auto places = static_cast<std::size_t>(decimal.places);
  std::string digits = decimal.digits;
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, 1, '.');
  return (decimal.negative && !decimal.digits.empty() ? "-" : "") + digits;
}

}  // namespace

bool is_decimal(std::string_view text) { return parse(text).has_value(); }

bool is_json_number(std::string_view text) {
  if (!is_decimal(text) || text.front() == '+') return false;
  if (text.front() == '-') text.remove_prefix(1);
  if (!is_digit(text.front()) || (text.front() == '0' && text.size() > 1 && is_digit(text[1]))) return false;
  const std::size_t point = text.find('.');
  return point == std::string_view::npos || (point + 1 < text.size() && is_digit(text[point + 1]));
}

std::strong_ordering compare_decimals(std::string_view one, std::string_view other) {
  Decimal left = parsed(one);
  Decimal right = parsed(other);
  if (left.negative != right.negative) return right.negative <=> left.negative;
  widen(left, right.places);
  widen(right, left.places);
  return left.negative ? compare_digits(right.digits, left.digits) : compare_digits(left.digits, right.digits);
}

std::string add_decimals(std::string_view one, std::string_view other) {
  Decimal left = parsed(one);
  Decimal right = parsed(other);
  widen(left, right.places);
  widen(right, left.places);
  if (compare_digits(left.digits, right.digits) < 0) std::swap(left, right);
  left.digits = add_digits(left.digits, right.digits, left.negative != right.negative);
  return written(left);
}

std::string negate_decimal(std::string_view number) {
  Decimal decimal = parsed(number);
  widen(decimal, 0);
  decimal.negative = !decimal.negative;
  return written(decimal);
}

}  // namespace finwatch::workflow
