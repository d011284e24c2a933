// Writes an expression in one form, whatever blanks, quotes, units and words in capitals it was written with.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

/// What it gives reads back as the same tree, and prints the same again. Comments are lost.
std::string print_promql(const Expression& expression);

/// "1h30m", "0s", "-5m".
std::string print_length(std::chrono::milliseconds time);
/// The shortest text that reads back as the same number: "0.9", "1e-09", "+Inf" is "Inf".
std::string print_number(double value);
/// "a\"b" with its quotes.
std::string print_text(std::string_view value);
/// A metric's name stands without quotes unless it has other characters, or is a word of the language.
bool needs_quotes(std::string_view metric);
/// =, !=, =~ or !~
std::string_view to_string(MatchKind kind);

}  // namespace finwatch::rules
