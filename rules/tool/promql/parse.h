// Reads PromQL: what Prometheus 2.42 to 3.x accept, functions behind its feature flags included.
//
//   const Result<Expression> tree = parse_promql(alert.expression);
//   if (!tree) return tree.error();         // 1:6: argument 1 of rate() must be a range vector, found an instant vector …
//
// Not read, as they are experiments that Prometheus keeps behind flags of the grammar: arithmetic in durations ([5m*2]), `fill`,
// `anchored` and `smoothed`.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/result.h"
#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

inline constexpr std::size_t kLongestExpression = 65'536;  // bytes
inline constexpr std::uint16_t kDeepestExpression = 300;   // nodes below each other; each operator of a + b + c… is one

/// The checked tree of `text`; config with line:column within `text`, what was expected there and what was found.
Result<Expression> parse_promql(std::string_view text);

}  // namespace finwatch::rules
