// What one lost probe does to an expression: does it make it true, and for how long?
//
//   for (const Weakness& weak : weaknesses(rule.tree, subject))
//     if (alert.after <= weak.lasts) …                       // the alert fires because of it
//
// A probe is lost when a scrape fails, when a single sample is odd, or when one run of a flow fails.
#pragma once

#include <optional>
#include <vector>

#include "rules/tool/check/subject.h"

namespace finwatch::rules {

struct Weakness {
  enum class By : unsigned char {
    sample,   // the newest sample decides alone, until the next
    failure,  // one failure decides alone, until the window has left it behind
    run,      // the last run of a flow decides alone, until the next: minutes, or an hour
  };
  By by = By::sample;
  std::string what;                                  // the metric
  std::optional<std::chrono::milliseconds> lasts{};  // absent: nobody knows how long
};

/// Empty when no single one makes the expression true.
std::vector<Weakness> weaknesses(const Expression& expression, const Subject& subject);

}  // namespace finwatch::rules
