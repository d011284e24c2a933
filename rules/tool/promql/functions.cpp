#include "rules/tool/promql/functions.h"

#include <algorithm>
#include <vector>

#include "conf/words.h"
#include "core/text.h"

namespace finwatch::rules {
namespace {

constexpr ValueType kScalar = ValueType::scalar;
constexpr ValueType kVector = ValueType::vector;
constexpr ValueType kRange = ValueType::range;
constexpr ValueType kText = ValueType::text;

constexpr ValueType kOneScalar[] = {kScalar};
constexpr ValueType kOneVector[] = {kVector};
constexpr ValueType kOneRange[] = {kRange};
constexpr ValueType kVectorScalar[] = {kVector, kScalar};
constexpr ValueType kVectorText[] = {kVector, kText};
constexpr ValueType kRangeScalar[] = {kRange, kScalar};
constexpr ValueType kScalarVector[] = {kScalar, kVector};
constexpr ValueType kScalarRange[] = {kScalar, kRange};
constexpr ValueType kTwoScalarsVector[] = {kScalar, kScalar, kVector};
constexpr ValueType kVectorTextScalars[] = {kVector, kText, kScalar};

// In alphabetical order, for the search.
constexpr Function kFunctions[] = {
    {"abs", kOneVector, 1, 1},
    {"absent", kOneVector, 1, 1},
    {"absent_over_time", kOneRange, 1, 1},
    {"acos", kOneVector, 1, 1},
    {"acosh", kOneVector, 1, 1},
    {"asin", kOneVector, 1, 1},
    {"asinh", kOneVector, 1, 1},
    {"atan", kOneVector, 1, 1},
    {"atanh", kOneVector, 1, 1},
    {"avg_over_time", kOneRange, 1, 1},
    {"ceil", kOneVector, 1, 1},
    {"changes", kOneRange, 1, 1},
    {"clamp", kVectorScalar, 3, 3},
    {"clamp_max", kVectorScalar, 2, 2},
    {"clamp_min", kVectorScalar, 2, 2},
    {"cos", kOneVector, 1, 1},
    {"cosh", kOneVector, 1, 1},
    {"count_over_time", kOneRange, 1, 1},
    {"day_of_month", kOneVector, 0, 1},
    {"day_of_week", kOneVector, 0, 1},
    {"day_of_year", kOneVector, 0, 1},
    {"days_in_month", kOneVector, 0, 1},
    {"deg", kOneVector, 1, 1},
    {"delta", kOneRange, 1, 1},
    {"deriv", kOneRange, 1, 1},
    {"double_exponential_smoothing", kRangeScalar, 3, 3, kVector, true},
    {"end", {}, 0, 0, kScalar, true},
    {"exp", kOneVector, 1, 1},
    {"first_over_time", kOneRange, 1, 1, kVector, true},
    {"floor", kOneVector, 1, 1},
    {"histogram_avg", kOneVector, 1, 1, kVector, true},
    {"histogram_count", kOneVector, 1, 1},
    {"histogram_fraction", kTwoScalarsVector, 3, 3},
    {"histogram_quantile", kScalarVector, 2, 2},
    {"histogram_quantiles", kVectorTextScalars, 3, 12, kVector, true},
    {"histogram_stddev", kOneVector, 1, 1, kVector, true},
    {"histogram_stdvar", kOneVector, 1, 1, kVector, true},
    {"histogram_sum", kOneVector, 1, 1},
    {"holt_winters", kRangeScalar, 3, 3},  // double_exponential_smoothing before Prometheus 3
    {"hour", kOneVector, 0, 1},
    {"idelta", kOneRange, 1, 1},
    {"increase", kOneRange, 1, 1},
    {"info", kOneVector, 1, 2, kVector, true},
    {"integral", kRangeScalar, 1, 2, kVector, true},
    {"irate", kOneRange, 1, 1},
    {"label_join", kVectorText, 3, -1},
    {"label_replace", kVectorText, 5, 5},
    {"last_over_time", kOneRange, 1, 1},
    {"ln", kOneVector, 1, 1},
    {"log10", kOneVector, 1, 1},
    {"log2", kOneVector, 1, 1},
    {"mad_over_time", kOneRange, 1, 1, kVector, true},
    {"max_over_time", kOneRange, 1, 1},
    {"min_over_time", kOneRange, 1, 1},
    {"minute", kOneVector, 0, 1},
    {"month", kOneVector, 0, 1},
    {"pi", {}, 0, 0, kScalar},
    {"predict_linear", kRangeScalar, 2, 2},
    {"present_over_time", kOneRange, 1, 1},
    {"quantile_over_time", kScalarRange, 2, 2},
    {"rad", kOneVector, 1, 1},
    {"range", {}, 0, 0, kScalar, true},
    {"rate", kOneRange, 1, 1},
    {"resets", kOneRange, 1, 1},
    {"round", kVectorScalar, 1, 2},
    {"scalar", kOneVector, 1, 1, kScalar},
    {"sgn", kOneVector, 1, 1},
    {"sin", kOneVector, 1, 1},
    {"sinh", kOneVector, 1, 1},
    {"sort", kOneVector, 1, 1},
    {"sort_by_label", kVectorText, 1, -1, kVector, true},
    {"sort_by_label_desc", kVectorText, 1, -1, kVector, true},
    {"sort_desc", kOneVector, 1, 1},
    {"sqrt", kOneVector, 1, 1},
    {"start", {}, 0, 0, kScalar, true},
    {"stddev_over_time", kOneRange, 1, 1},
    {"stdvar_over_time", kOneRange, 1, 1},
    {"step", {}, 0, 0, kScalar, true},
    {"sum_over_time", kOneRange, 1, 1},
    {"tan", kOneVector, 1, 1},
    {"tanh", kOneVector, 1, 1},
    {"time", {}, 0, 0, kScalar},
    {"timestamp", kOneVector, 1, 1},
    {"ts_of_first_over_time", kOneRange, 1, 1, kVector, true},
    {"ts_of_last_over_time", kOneRange, 1, 1, kVector, true},
    {"ts_of_max_over_time", kOneRange, 1, 1, kVector, true},
    {"ts_of_min_over_time", kOneRange, 1, 1, kVector, true},
    {"vector", kOneScalar, 1, 1},
    {"year", kOneVector, 0, 1},
};
static_assert(std::is_sorted(std::begin(kFunctions), std::end(kFunctions),
                             [](const Function& a, const Function& b) { return a.name < b.name; }));

using Parameter = Aggregate::Parameter;
constexpr Aggregate kAggregates[] = {
    {"avg"},
    {"bottomk", Parameter::number, true},
    {"count"},
    {"count_values", Parameter::text},
    {"group"},
    {"limit_ratio", Parameter::number, true, true},
    {"limitk", Parameter::number, true, true},
    {"max"},
    {"min"},
    {"quantile", Parameter::number},
    {"stddev"},
    {"stdvar"},
    {"sum"},
    {"topk", Parameter::number, true},
};

}  // namespace

const Function* find_function(std::string_view name) {
  const auto* found =
      std::lower_bound(std::begin(kFunctions), std::end(kFunctions), name,
                       [](const Function& function, std::string_view wanted) { return function.name < wanted; });
  return found != std::end(kFunctions) && found->name == name ? found : nullptr;
}

const Aggregate* find_aggregate(std::string_view name) {
  for (const Aggregate& aggregate : kAggregates)
    if (same_word(aggregate.name, name)) return &aggregate;
  return nullptr;
}

std::string did_you_mean_function(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Function& function : kFunctions) names.push_back(function.name);
  for (const Aggregate& aggregate : kAggregates) names.push_back(aggregate.name);
  return did_you_mean(lower_case(name), names);
}

}  // namespace finwatch::rules
