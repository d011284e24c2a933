#include "rules/tool/promql/check.h"

#include <algorithm>
#include <string>

#include "conf/pattern.h"
#include "rules/tool/promql/functions.h"
#include "rules/tool/promql/lexer.h"

namespace finwatch::rules {
namespace {

std::string with_article(ValueType type) { return (type == ValueType::vector ? "an " : "a ") + std::string(to_string(type)); }

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  Status check(const Expression& expression) const;

 private:
  Status selector(const Expression& expression, const Selector& selector, bool may_select_all) const;
  Status call(const Expression& expression, const Call& call) const;
  Status aggregation(const Expression& expression, const Aggregation& aggregation) const;
  Status binary(const Expression& expression, const Binary& binary) const;

  // `what` "must be a range vector, found an instant vector".
  Status type(const Expression& expression, ValueType wanted, const std::string& what) const {
    if (expression.type == wanted) return ok();
    const bool lacks_range = wanted == ValueType::range && expression.as<Selector>() != nullptr;
    return refuse(expression.span.begin, what + " must be " + with_article(wanted) + ", found " +
                                             with_article(expression.type) +
                                             (lacks_range ? "; write a range behind it, like [5m]" : ""));
  }
  Status refuse(std::size_t where, std::string_view message) const { return error_at(text_, where, message); }

  std::string_view text_;
};

// What `matcher` says of a series that lacks its label.
Result<bool> matches_nothing(const Matcher& matcher) {
  if (matcher.kind == MatchKind::equal) return matcher.value.empty();
  if (matcher.kind == MatchKind::not_equal) return !matcher.value.empty();
  // By itself first, as "a)(b" is a mistake that the parentheses around it would hide.
  const Result<Pattern> alone = Pattern::compile(matcher.value);
  if (!alone) return alone.error();
  const Result<Pattern> pattern = Pattern::compile("^(?:" + matcher.value + ")$");
  if (!pattern) return pattern.error();
  return pattern->matches("") == (matcher.kind == MatchKind::pattern);
}

Status Checker::selector(const Expression& expression, const Selector& selector, bool may_select_all) const {
  const Matcher* name = nullptr;
  bool selects_all = true;
  for (const Matcher& matcher : selector.matchers) {
    const Result<bool> nothing = matches_nothing(matcher);
    if (!nothing) return refuse(matcher.value_span.begin, nothing.error().message);
    selects_all = selects_all && *nothing;
    if (matcher.label.name != kNameLabel) continue;
    if (name != nullptr && (name->form != Matcher::Form::full || matcher.form != Matcher::Form::full))
      return refuse(matcher.value_span.begin, "a second name beside '" + name->value + "'");
    name = &matcher;
  }
  if (!selects_all || may_select_all) return ok();
  return refuse(expression.span.begin,
                "this selects every series; give a name, or a matcher that the empty text does not match");
}

Status Checker::call(const Expression& expression, const Call& call) const {
  const Function& function = *call.function;
  const std::string name = std::string(function.name) + "()";
  const auto count = static_cast<int>(expression.parts.size());
  if (count < function.least || (function.most >= 0 && count > function.most)) {
    const std::string most = function.most < 0                 ? " or more"
                             : function.most == function.least ? ""
                                                               : " to " + std::to_string(function.most);
    const bool is_one = most.empty() && function.least == 1;
    return refuse(call.name.begin, name + " takes " + std::to_string(function.least) + most +
                                       (is_one ? " argument" : " arguments") + ", found " + std::to_string(count));
  }
  for (std::size_t i = 0; i < expression.parts.size(); ++i) {
    const ValueType wanted = function.takes[std::min(i, function.takes.size() - 1)];
    if (Status fits = type(expression.parts[i], wanted, "argument " + std::to_string(i + 1) + " of " + name); !fits)
      return fits;
  }
  if (function.name != "info" || count < 2) return ok();
  const Expression& labels = expression.parts[1];
  const auto* only = labels.as<Selector>();
  const bool has_name = only != nullptr && std::any_of(only->matchers.begin(), only->matchers.end(),
                                                       [](const Matcher& one) { return one.form == Matcher::Form::name; });
  if (only == nullptr || has_name)
    return refuse(labels.span.begin, "argument 2 of info() must be label matchers alone, like {a=\"b\"}");
  return selector(labels, *only, true);
}

Status Checker::aggregation(const Expression& expression, const Aggregation& aggregation) const {
  const std::string name(aggregation.aggregate->name);
  const bool has_parameter = aggregation.aggregate->parameter != Aggregate::Parameter::none;
  const std::size_t wanted = has_parameter ? 2 : 1;
  if (expression.parts.size() != wanted)
    return refuse(aggregation.name.begin,
                  name + " takes " + (has_parameter ? "a parameter and an instant vector" : "one instant vector") + ", found " +
                      std::to_string(expression.parts.size()) + (expression.parts.size() == 1 ? " argument" : " arguments"));
  if (has_parameter) {
    const bool is_text = aggregation.aggregate->parameter == Aggregate::Parameter::text;
    if (Status fits = type(expression.parts[0], is_text ? ValueType::text : ValueType::scalar, "the parameter of " + name);
        !fits)
      return fits;
  }
  return type(expression.parts.back(), ValueType::vector, "what " + name + " aggregates");
}

Status Checker::binary(const Expression& expression, const Binary& binary) const {
  const std::string op(to_string(binary.op));
  bool has_scalar = false;
  for (const Expression& part : expression.parts) {
    if (part.type != ValueType::scalar && part.type != ValueType::vector)
      return refuse(part.span.begin, op + " takes scalars and instant vectors, found " + with_article(part.type));
    has_scalar = has_scalar || part.type == ValueType::scalar;
  }
  const std::size_t where = binary.op_span.begin;
  if (binary.returns_bool && !is_comparison(binary.op)) return refuse(where, "bool follows a comparison only, found " + op);
  if (is_comparison(binary.op) && !binary.returns_bool && expression.type == ValueType::scalar)
    return refuse(where, "a comparison of two scalars needs bool: " + op + " bool");
  if (has_scalar && is_set(binary.op)) return refuse(where, op + " takes instant vectors, found a scalar; vector() makes one");
  if (has_scalar && !binary.labels.empty()) return refuse(where, "on and ignoring match instant vectors only, found a scalar");
  if (!has_scalar && is_set(binary.op) && binary.group != Binary::Group::none)
    return refuse(where, op + " takes no group_left or group_right");
  if (binary.matching != Binary::Matching::on) return ok();
  for (const Label& label : binary.labels)
    for (const Label& include : binary.include)
      if (label.name == include.name)
        return refuse(include.span.begin, "label '" + label.name + "' stands in on() already, and so is on both sides");
  return ok();
}

Status Checker::check(const Expression& expression) const {
  const auto* call = expression.as<Call>();
  for (std::size_t i = 0; i < expression.parts.size(); ++i) {
    if (call != nullptr && call->function->name == "info" && i == 1) continue;  // its matchers may match everything
    if (Status checked = check(expression.parts[i]); !checked) return checked;
  }
  if (call != nullptr) return this->call(expression, *call);
  if (const auto* selector = expression.as<Selector>()) return this->selector(expression, *selector, false);
  if (const auto* aggregation = expression.as<Aggregation>()) return this->aggregation(expression, *aggregation);
  if (const auto* binary = expression.as<Binary>()) return this->binary(expression, *binary);
  if (expression.as<Subquery>() != nullptr) return type(expression.parts.front(), ValueType::vector, "what a subquery runs");
  if (expression.as<Unary>() != nullptr && expression.type != ValueType::scalar && expression.type != ValueType::vector)
    return refuse(expression.span.begin,
                  "a sign stands before a scalar or an instant vector, found " + with_article(expression.type));
  return ok();
}

}  // namespace

Status check_promql(const Expression& expression, std::string_view text) { return Checker(text).check(expression); }

}  // namespace finwatch::rules
