// The functions and aggregations of PromQL, from Prometheus 2.42 to 3.x, and what they take.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

struct Function {
  std::string_view name;
  std::span<const ValueType> takes;  // the last one again for the arguments beyond
  int least = 0;                     // arguments
  int most = 0;                      // -1: any number
  ValueType gives = ValueType::vector;
  bool since_3 = false;  // unknown to Prometheus 2.42
};

struct Aggregate {
  enum class Parameter : unsigned char { none, number, text };

  std::string_view name;
  Parameter parameter = Parameter::none;
  bool picks = false;    // some of the series, with all their labels, rather than one for each group
  bool since_3 = false;  // unknown to Prometheus 2.42
};

/// nullptr when there is none. Functions are told apart by case, aggregations are not.
const Function* find_function(std::string_view name);
const Aggregate* find_aggregate(std::string_view name);

/// "; did you mean 'rate'?", or nothing when no function or aggregation is near.
std::string did_you_mean_function(std::string_view name);

}  // namespace finwatch::rules
