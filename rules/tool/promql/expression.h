// A PromQL expression as a tree. Every node knows where it stands in the text, what type it has, and what stands below it.
//
//   Result<Expression> tree = parse_promql("sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m])) > 10");
//   walk(*tree, [](const Expression& node) {
//     if (const auto* selector = node.as<Selector>()) …
//   });
//
// What differs from node to node is in `node`; the expressions that it is made of are in `parts`, in the order of the text.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace finwatch::rules {

struct Function;   // functions.h
struct Aggregate;  // functions.h

/// A piece of the text, in bytes: [begin, end).
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

enum class ValueType : unsigned char { scalar, vector, range, text };

/// As Prometheus documents them: "scalar", "instant vector", "range vector", "string".
constexpr std::string_view to_string(ValueType type) {
  constexpr std::string_view kNames[] = {"scalar", "instant vector", "range vector", "string"};
  return kNames[static_cast<unsigned char>(type)];
}

/// A length of time that stands in the text: 5m, or 300 since Prometheus 3.
struct Length {
  std::chrono::milliseconds time{};
  Span span;
  bool is_number = false;  // 300
};

/// A label name that stands in the text, after the quotes are taken off.
struct Label {
  std::string name;
  Span span;
  bool is_quoted = false;  // since Prometheus 3
};

enum class MatchKind : unsigned char { equal, not_equal, pattern, not_pattern };

struct Matcher {
  enum class Form : unsigned char {
    full,         // label="value"
    name,         // the metric's name before the braces
    quoted_name,  // {"metric.name"}, since Prometheus 3
  };

  Form form = Form::full;
  Label label;  // "__name__", without a place, for the other forms
  MatchKind kind = MatchKind::equal;
  Span kind_span;     // of the operator
  std::string value;  // after quotes and escapes are taken off
  Span value_span;    // with its quotes
};

inline constexpr std::string_view kNameLabel = "__name__";

/// What may follow a selector or a subquery.
struct When {
  enum class At : unsigned char { now, time, start, end };

  std::optional<Length> offset;  // negative for one that looks ahead
  At at = At::now;
  double at_seconds = 0;  // At::time
};

struct Number {
  double value = 0;
  bool is_duration = false;  // 5m where a number stands, since Prometheus 3: 300
};
struct Text {
  std::string value;
};
/// http_requests_total{code="500"}[5m] offset 1h
struct Selector {
  std::vector<Matcher> matchers;  // in the order of the text
  std::optional<Length> range;
  When when;

  /// The matcher of the metric's name; nullptr when there is none.
  const Matcher* name() const {
    for (const Matcher& matcher : matchers)
      if (matcher.label.name == kNameLabel) return &matcher;
    return nullptr;
  }
};
/// parts[0][range:step]
struct Subquery {
  Length range;
  std::optional<Length> step;
  When when;
};
struct Call {
  const Function* function = nullptr;  // its arguments are the parts
  Span name;
};
struct Aggregation {
  enum class Grouping : unsigned char { all, by, without };

  const Aggregate* aggregate = nullptr;  // the parts are its parameter, where it takes one, and what it aggregates
  Span name;
  Grouping grouping = Grouping::all;
  std::vector<Label> labels;
};

enum class Operator : unsigned char {
  or_,
  and_,
  unless,
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  atan2,
  power,
};
constexpr bool is_comparison(Operator op) { return op >= Operator::equal && op <= Operator::greater_or_equal; }
constexpr bool is_set(Operator op) { return op <= Operator::unless; }
/// "+", "and" …
std::string_view to_string(Operator op);

/// parts[0] op parts[1]
struct Binary {
  enum class Matching : unsigned char { all, on, ignoring };
  enum class Group : unsigned char { none, left, right };

  Operator op = Operator::add;
  Span op_span;
  bool returns_bool = false;
  Matching matching = Matching::all;
  std::vector<Label> labels;
  Group group = Group::none;
  std::vector<Label> include;  // of the group
};
struct Unary {
  bool negative = false;
};
struct Parentheses {};

struct Expression {
  Span span;
  ValueType type = ValueType::scalar;
  std::uint16_t height = 1;  // nodes from here to the lowest below
  std::variant<Number, Text, Selector, Subquery, Call, Aggregation, Binary, Unary, Parentheses> node;
  std::vector<Expression> parts;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&node);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&node);
  }
};

/// Calls `visit` for the node and then for all below it.
template <class Visit>
void walk(const Expression& expression, Visit&& visit) {
  visit(expression);
  for (const Expression& part : expression.parts) walk(part, visit);
}

/// The expression inside any parentheses around it.
inline const Expression& bare(const Expression& expression) {
  const Expression* inner = &expression;
  while (inner->as<Parentheses>() != nullptr) inner = &inner->parts.front();
  return *inner;
}

}  // namespace finwatch::rules
