#include "rules/tool/cost/estimate.h"

#include <algorithm>
#include <set>

#include "rules/tool/promql/functions.h"

namespace finwatch::rules {
namespace {

using std::chrono::milliseconds;

// Microseconds of one core of a virtual machine of 2026, Prometheus 2.42: measured by test/bench/rules.sh.
constexpr double kQuery = 60;         // the smallest query
constexpr double kSelected = 2.4;     // a series found and its newest sample read
constexpr double kSelectedRange = 4;  // a series found and its window gone through, without the samples
constexpr double kSample = 0.04;      // a sample in a window
constexpr double kCalled = 0.4;       // a series that a function of instants goes over
constexpr double kCompared = 0.3;     // against a number, or worked out with one
constexpr double kMatched = 1.6;      // a series of either side, looked for on the other
constexpr double kGrouped = 0.8;      // a series that comes into a group
constexpr double kRelabelled = 3;     // label_replace, label_join
constexpr double kJoined = 2;         // a series that takes labels of the other side
constexpr double kRecorded = 1.5;
constexpr double kActive = 37;

// What stands around an expression.
struct Around {
  bool guards = false;  // a comparison here keeps what is sound (max > 0), not what is in trouble
  double times = 1;     // a subquery asks so often
  bool in_subquery = false;
};

class Estimator {
 public:
  Estimator(const Fleet& fleet, Cost& cost) : fleet_(fleet), cost_(cost) {}

  SeriesSet of(const Expression& expression, Around around) {
    if (const auto* selector = expression.as<Selector>()) return of(*selector, around);
    if (const auto* subquery = expression.as<Subquery>()) return of(expression, *subquery, around);
    if (const auto* call = expression.as<Call>()) return of(expression, *call->function, around);
    if (const auto* aggregation = expression.as<Aggregation>()) return of(expression, *aggregation, around);
    if (const auto* binary = expression.as<Binary>()) return of(expression, *binary, around);
    if (expression.parts.empty()) return {};  // a number, a text
    SeriesSet inner = of(expression.parts.front(), around);
    if (expression.as<Unary>() != nullptr) spend(kCompared * inner.series(), around);
    return inner;
  }

 private:
  const Fleet& fleet_;
  Cost& cost_;

  void spend(double microseconds, const Around& around) { cost_.microseconds += microseconds * around.times; }

  SeriesSet of(const Selector& selector, const Around& around) {
    SeriesSet found = fleet_.select(selector, cost_.unknown);
    const double series = found.series();
    cost_.series += series;
    double samples = series;
    if (selector.range) {
      const Matcher* name = selector.name();
      const milliseconds step = fleet_.step_of(name != nullptr ? name->value : "");
      samples *= static_cast<double>(selector.range->time / step);
    }
    // Prometheus counts what a subquery was answered, not what it was answered from.
    if (!around.in_subquery) cost_.samples += samples;
    // A subquery goes through the samples of a series once, however often it asks.
    if (selector.range)
      spend(kSelectedRange * series + kSample * samples, around);
    else
      cost_.microseconds += series * (kSelected + kSample * 4 * (around.times - 1));
    return found;
  }

  SeriesSet of(const Expression& expression, const Subquery& subquery, Around around) {
    const milliseconds step = subquery.step ? subquery.step->time : std::chrono::minutes{1};  // global.evaluation_interval
    const double asked = std::max(1.0, static_cast<double>(subquery.range.time / std::max(step, milliseconds{1})));
    const bool is_outer = !around.in_subquery;
    around.times *= asked;
    around.in_subquery = true;
    SeriesSet inner = of(expression.parts.front(), around);
    if (is_outer) cost_.samples += inner.series() * asked;
    spend(kSample * inner.series(), around);
    return inner;
  }

  SeriesSet of(const Expression& expression, const Function& function, Around around) {
    SeriesSet result;
    bool of_range = false, makes_one = true;  // as vector(1) and minute() do
    for (const Expression& part : expression.parts) {
      SeriesSet inner = of(part, around);
      if (part.type != ValueType::vector && part.type != ValueType::range) continue;
      of_range = of_range || part.type == ValueType::range;
      makes_one = function.name.starts_with("absent");
      result = std::move(inner);
    }
    if (function.name == "label_replace" || function.name == "label_join")
      spend(kRelabelled * result.series(), around);
    else if (!of_range)
      spend(kCalled * result.series(), around);
    if (function.name == "histogram_quantile")
      for (Shape& shape : result.shapes)
        std::erase_if(shape.dimensions, [](const Dimension& one) { return one.label == "le"; });
    if (function.gives != ValueType::vector) return {};
    return makes_one ? SeriesSet{{Shape{}}} : result;
  }

  SeriesSet of(const Expression& expression, const Aggregation& aggregation, Around around) {
    for (std::size_t i = 0; i + 1 < expression.parts.size(); ++i) of(expression.parts[i], around);
    const SeriesSet inner = of(expression.parts.back(), around);
    spend(kGrouped * inner.series(), around);
    SeriesSet groups = grouped(inner, [&](const Dimension& one) { return keeps(aggregation, one.label); });
    if (!aggregation.aggregate->picks) return groups;
    // topk(3, …) by group.
    const auto* number = bare(expression.parts.front()).as<Number>();
    const double most = groups.series() * (number != nullptr ? number->value : 1), all = inner.series();
    return scaled(inner, all > 0 ? std::min(1.0, most / all) : 1);
  }

  static bool keeps(const Aggregation& aggregation, const std::string& label) {
    const bool named =
        std::any_of(aggregation.labels.begin(), aggregation.labels.end(), [&](const Label& one) { return one.name == label; });
    if (aggregation.grouping == Aggregation::Grouping::all) return false;
    return named == (aggregation.grouping == Aggregation::Grouping::by);
  }

  // Each shape without some of its labels; shapes that become alike are one.
  template <class Keeps>
  static SeriesSet grouped(const SeriesSet& inner, Keeps keep) {
    SeriesSet groups;
    std::set<std::string> seen;
    for (const Shape& shape : inner.shapes) {
      Shape less;
      std::string alike;
      for (const Dimension& one : shape.dimensions) {
        if (!keep(one)) continue;
        less.dimensions.push_back(one);
        alike.append(one.label).append("=");
        for (const std::string& value : one.values) alike.append(value).append("|");
        alike.append(std::to_string(one.count)).append(",");
      }
      // A group is there as soon as one of its series is.
      less.share = std::min(1.0, shape.series() / std::max(1.0, less.series()));
      if (seen.insert(alike).second) groups.shapes.push_back(std::move(less));
    }
    return groups;
  }

  static SeriesSet scaled(SeriesSet set, double share) {
    for (Shape& shape : set.shapes) shape.share *= share;
    return set;
  }

  SeriesSet of(const Expression& expression, const Binary& binary, Around around) {
    const Expression& first = expression.parts.front();
    const Expression& second = expression.parts.back();
    const bool compares = is_comparison(binary.op), sets = is_set(binary.op);
    const double kept = compares && !binary.returns_bool && !around.guards ? kTroubled : 1;
    Around below = around;
    below.guards = around.guards || !sets;
    SeriesSet left = of(first, below), right = of(second, below);
    const bool left_is_vector = first.type == ValueType::vector, right_is_vector = second.type == ValueType::vector;
    if (!left_is_vector || !right_is_vector) {
      SeriesSet& vector = left_is_vector ? left : right;
      spend(kCompared * vector.series(), around);
      return scaled(std::move(vector), kept);
    }
    spend(kMatched * (left.series() + right.series()), around);
    if (binary.op == Operator::or_) {
      left.shapes.insert(left.shapes.end(), right.shapes.begin(), right.shapes.end());
      return left;
    }
    if (binary.op == Operator::unless) return scaled(std::move(left), around.guards || right.series() <= 0 ? 1 : kTroubled);
    const double fewer = std::min(left.series(), right.series());
    if (binary.op == Operator::and_) {
      if (right.series() <= 0) return {};
      return binary.matching == Binary::Matching::on ? left : scaled(left, left.series() > 0 ? fewer / left.series() : 1);
    }
    if (fewer <= 0) return {};
    if (binary.group != Binary::Group::none) {
      SeriesSet& many = binary.group == Binary::Group::left ? left : right;
      spend(kJoined * many.series(), around);
      return scaled(std::move(many), kept);
    }
    SeriesSet pairs = scaled(left, left.series() > 0 ? fewer / left.series() : 1);
    if (binary.matching != Binary::Matching::all)
      pairs = grouped(pairs, [&](const Dimension& one) {
        const bool named = std::any_of(binary.labels.begin(), binary.labels.end(),
                                       [&](const Label& label) { return label.name == one.label; });
        return named == (binary.matching == Binary::Matching::on);
      });
    return scaled(std::move(pairs), kept);
  }
};

}  // namespace

Cost estimate(const Expression& expression, const Fleet& fleet) {
  Cost cost;
  cost.microseconds = kQuery;
  cost.result = Estimator(fleet, cost).of(expression, {});
  cost.recorded = cost.result.series();
  return cost;
}

double recording_microseconds(double series) { return kRecorded * series; }
double alerting_microseconds(double active) { return kActive * active; }

}  // namespace finwatch::rules
