#include "rules/tool/check/reaction.h"

#include <algorithm>
#include <array>

#include "rules/tool/promql/functions.h"

namespace finwatch::rules {
namespace {

using std::chrono::milliseconds;
using By = Weakness::By;

// Gauges that keep the outcome of the last run of a flow until the next.
constexpr std::string_view kLastRuns[] = {"finwatch_flow_success", "finwatch_flow_failure_reason",
                                          "finwatch_flow_last_duration_seconds"};
// Counters that one failed probe moves have one of these in their names.
constexpr std::string_view kFailures[] = {"fail", "error", "lost", "missed", "refused", "rejected", "timeout", "aborted"};
constexpr int kDeepest = 12;  // recordings of recordings

bool counts_failures(std::string_view name) {
  return std::any_of(std::begin(kFailures), std::end(kFailures),
                     [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
}

// How a value follows one lost probe.
struct Reaction {
  enum class Kind : unsigned char {
    none,      // not at all: a number, the time
    many,      // hardly: several samples make it together
    sample,    // it is that sample
    least,     // the lowest sample of a window
    greatest,  // the highest
    failures,  // how many failures a window holds
    run,       // what the last run gave
  };
  Kind kind = Kind::none;
  std::string what;
  milliseconds window{};
  double each = 0;  // what one failure adds; 0 when nobody can say: a share of something
};
using Kind = Reaction::Kind;

class Reader {
 public:
  explicit Reader(const Subject& subject) : subject_(subject) {}

  std::vector<Weakness> truth(const Expression& outer, int depth) const {
    const Expression& expression = bare(outer);
    if (depth > kDeepest) return {};
    if (const auto* binary = expression.as<Binary>()) return truth_of(expression, *binary, depth);
    const Expression* inner = passed_through(expression);
    if (inner != nullptr && has_truth(*inner)) return truth(*inner, depth + 1);
    return judge(reaction(expression, depth + 1), Operator::greater, std::nullopt);
  }

 private:
  static bool has_truth(const Expression& outer) {
    const Expression& expression = bare(outer);
    if (const auto* binary = expression.as<Binary>())
      return is_set(binary->op) || (is_comparison(binary->op) && !binary->returns_bool);
    const Expression* inner = passed_through(expression);
    return inner != nullptr && has_truth(*inner);
  }

  // The vector that an aggregation or a function keeps the series of.
  static const Expression* passed_through(const Expression& expression) {
    if (expression.as<Aggregation>() != nullptr) return &expression.parts.back();
    const auto* call = expression.as<Call>();
    if (call == nullptr || call->function->name.starts_with("absent")) return nullptr;
    for (const Expression& part : expression.parts)
      if (part.type == ValueType::vector) return &part;
    return nullptr;
  }

  std::vector<Weakness> truth_of(const Expression& expression, const Binary& binary, int depth) const {
    const Expression& left = expression.parts.front();
    const Expression& right = expression.parts.back();
    if (binary.op == Operator::or_ || binary.op == Operator::and_) {
      std::vector<Weakness> a = truth(left, depth + 1), b = truth(right, depth + 1);
      if (binary.op == Operator::and_ && (a.empty() || b.empty())) return {};
      a.insert(a.end(), b.begin(), b.end());
      return a;
    }
    if (binary.op == Operator::unless) {
      if (has_truth(left)) return truth(left, depth + 1);
      // All that should be there, unless it is: as absent() asks.
      const Reaction missed = reaction(right, depth + 1);
      if (missed.kind == Kind::none || missed.kind == Kind::many) return {};
      return {{By::sample, missed.what, subject_.scrape_interval}};
    }
    if (!is_comparison(binary.op) || binary.returns_bool)
      return judge(reaction(expression, depth + 1), Operator::greater, std::nullopt);
    const std::optional<double> a = constant(left), b = constant(right);
    if (a && !b) return judge(reaction(right, depth + 1), mirrored(binary.op), a);
    if (b) return judge(reaction(left, depth + 1), binary.op, b);
    return judge(together(reaction(left, depth + 1), reaction(right, depth + 1)), binary.op, std::nullopt);
  }

  static Operator mirrored(Operator op) {
    switch (op) {
      case Operator::less: return Operator::greater;
      case Operator::less_or_equal: return Operator::greater_or_equal;
      case Operator::greater: return Operator::less;
      case Operator::greater_or_equal: return Operator::less_or_equal;
      default: return op;
    }
  }

  // `reaction op threshold`
  std::vector<Weakness> judge(const Reaction& reaction, Operator op, std::optional<double> threshold) const {
    const bool above = op == Operator::greater || op == Operator::greater_or_equal;
    const bool below = op == Operator::less || op == Operator::less_or_equal;
    const bool zero = !above && !below && op == Operator::equal && threshold == 0.0;
    const auto for_the_window = [&](By by) { return std::vector<Weakness>{{by, reaction.what, reaction.window}}; };
    switch (reaction.kind) {
      case Kind::none:
      case Kind::many: return {};
      case Kind::sample: return {{By::sample, reaction.what, subject_.scrape_interval}};
      case Kind::run: return {{By::run, reaction.what, std::nullopt}};
      // To be above, all of the window must be: one good sample ends it. To be 0, the lowest alone.
      case Kind::least:
        return above || (op == Operator::equal && !zero) ? std::vector<Weakness>{} : for_the_window(By::failure);
      case Kind::greatest: return below || zero ? std::vector<Weakness>{} : for_the_window(By::failure);
      case Kind::failures: break;
    }
    if (below || zero) return {};
    // increase() stretches one failure at the edge of its window to a little more than one: two are safe from 1.5 on.
    if (reaction.each > 0 && threshold && *threshold / reaction.each >= 1.5) return {};
    return for_the_window(By::failure);
  }

  Reaction reaction(const Expression& outer, int depth) const {
    const Expression& expression = bare(outer);
    if (depth > kDeepest) return {};
    if (const auto* selector = expression.as<Selector>()) return reaction_of(*selector, depth);
    if (const auto* call = expression.as<Call>()) return reaction_of(expression, *call, depth);
    if (expression.as<Aggregation>() != nullptr || expression.as<Unary>() != nullptr)
      return reaction(expression.parts.back(), depth + 1);
    if (expression.as<Subquery>() != nullptr) return {Kind::many, "", {}, 0};
    const auto* binary = expression.as<Binary>();
    if (binary == nullptr) return {};
    if (is_set(binary->op) || (is_comparison(binary->op) && !binary->returns_bool)) {
      const std::vector<Weakness> weak = truth(expression, depth + 1);
      return weak.empty() ? Reaction{Kind::many, "", {}, 0} : Reaction{Kind::sample, weak.front().what, {}, 0};
    }
    const Expression& left = expression.parts.front();
    const Expression& right = expression.parts.back();
    const std::optional<double> factor = constant(right) ? constant(right) : constant(left);
    if (!factor) return together(reaction(left, depth + 1), reaction(right, depth + 1));
    Reaction one = reaction(constant(right) ? left : right, depth + 1);
    if (binary->op == Operator::multiply) one.each *= *factor;
    if (binary->op == Operator::divide) one.each = constant(right) && *factor > 0 ? one.each / *factor : 0;
    return one;
  }

  Reaction reaction_of(const Selector& selector, int depth) const {
    const std::string name = name_of(selector);
    if (const auto recording = subject_.recordings.find(name); recording != subject_.recordings.end())
      return reaction(recording->second->tree, depth + 1);
    const bool run = std::find(std::begin(kLastRuns), std::end(kLastRuns), name) != std::end(kLastRuns);
    return {run ? Kind::run : Kind::sample, name, {}, 0};
  }

  Reaction reaction_of(const Expression& expression, const Call& call, int depth) const {
    const std::string_view function = call.function->name;
    const auto vector = std::find_if(expression.parts.begin(), expression.parts.end(), [](const Expression& part) {
      return part.type == ValueType::vector || part.type == ValueType::range;
    });
    if (vector == expression.parts.end()) return {};  // time(), vector(1)
    if (vector->type == ValueType::vector) return reaction(*vector, depth + 1);
    const auto* selector = bare(*vector).as<Selector>();
    const std::string name = selector != nullptr ? name_of(*selector) : "";
    const milliseconds window = selector != nullptr && selector->range ? selector->range->time : subquery_window(*vector);
    // A window that need not hold two samples is no better than one.
    if (window < 2 * subject_.scrape_interval || function == "last_over_time" || function == "irate" || function == "idelta")
      return {Kind::sample, name, {}, 0};
    if (function == "min_over_time") return {Kind::least, name, window, 0};
    if (function == "max_over_time") return {Kind::greatest, name, window, 0};
    const double seconds = std::chrono::duration<double>(window).count();
    if ((function == "increase" || function == "rate") && counts_failures(name))
      return {Kind::failures, name, window, function == "increase" ? 1 : 1 / seconds};
    return {Kind::many, name, {}, 0};
  }

  static milliseconds subquery_window(const Expression& range) {
    const auto* subquery = bare(range).as<Subquery>();
    return subquery != nullptr ? subquery->range.time : milliseconds{};
  }

  static std::string name_of(const Selector& selector) {
    const Matcher* name = selector.name();
    return name != nullptr ? name->value : "{…}";
  }

  // Two that make one value: the worse. A share of failures says nothing of how many there were.
  static Reaction together(Reaction a, const Reaction& b) {
    if (b.kind > a.kind) a = b;
    a.each = 0;
    return a;
  }

  // What stands there as a number: 0.5, 14.4 * 0.001, 3 - 0.5.
  static std::optional<double> constant(const Expression& outer) {
    const Expression& expression = bare(outer);
    if (const auto* number = expression.as<Number>()) return number->value;
    if (const auto* unary = expression.as<Unary>()) {
      const std::optional<double> inner = constant(expression.parts.front());
      return inner && unary->negative ? -*inner : inner;
    }
    const auto* binary = expression.as<Binary>();
    if (binary == nullptr) return std::nullopt;
    const std::optional<double> a = constant(expression.parts.front()), b = constant(expression.parts.back());
    if (!a || !b) return std::nullopt;
    switch (binary->op) {
      case Operator::add: return *a + *b;
      case Operator::subtract: return *a - *b;
      case Operator::multiply: return *a * *b;
      case Operator::divide: return *a / *b;
      default: return std::nullopt;
    }
  }

  const Subject& subject_;
};

}  // namespace

std::vector<Weakness> weaknesses(const Expression& expression, const Subject& subject) {
  return Reader(subject).truth(expression, 0);
}

}  // namespace finwatch::rules
