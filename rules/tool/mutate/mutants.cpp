#include "rules/tool/mutate/mutants.h"

#include <array>
#include <map>

#include "rules/tool/promql/edit.h"
#include "rules/tool/promql/functions.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

constexpr std::string_view kNoLabel = "no_such_label", kNoValue = "no such value", kRenamed = "_renamed";

std::string length_text(nanoseconds time) { return print_length(std::chrono::duration_cast<std::chrono::milliseconds>(time)); }

Operator turned(Operator op) {
  switch (op) {
    case Operator::less:
    case Operator::less_or_equal: return Operator::greater;
    case Operator::greater:
    case Operator::greater_or_equal: return Operator::less;
    case Operator::equal: return Operator::not_equal;
    case Operator::not_equal: return Operator::equal;
    case Operator::and_: return Operator::unless;
    case Operator::unless: return Operator::and_;
    default: return op;
  }
}

class Breaker {
 public:
  explicit Breaker(const Rule& rule) : rule_(rule) {}

  std::vector<Mutant> all() {
    const Result<Expression> tree = parse_promql(rule_.expression);
    if (!tree) return {};
    walk(*tree, [this](const Expression& node) { visit(node); });
    if (rule_.after > nanoseconds{}) {
      const std::string time = length_text(rule_.after);
      add("for " + time + " -> " + length_text(2 * rule_.after), rule_.expression, 2 * rule_.after);
      add("for " + time + " dropped", rule_.expression, nanoseconds{});
    }
    return std::move(mutants_);
  }

 private:
  void visit(const Expression& node) {
    if (const auto* number = node.as<Number>()) visit_number(node, *number);
    if (const auto* selector = node.as<Selector>()) visit_selector(*selector);
    if (const auto* binary = node.as<Binary>()) visit_binary(*binary);
    if (const auto* aggregation = node.as<Aggregation>())
      for (const Label& label : aggregation->labels)
        drop(label, aggregation->grouping == Aggregation::Grouping::without ? "without" : "by");
  }

  void visit_number(const Expression& node, const Number& number) {
    for (const double other : number.value == 0 ? std::array{1.0, -1.0} : std::array{2 * number.value, number.value / 2})
      edit(print_number(number.value) + " -> " + print_number(other), {number_edit(node, other)});
  }

  void visit_binary(const Binary& binary) {
    if (const Operator other = turned(binary.op); other != binary.op)
      edit(std::string(to_string(binary.op)) + " -> " + std::string(to_string(other)),
           {{binary.op_span, std::string(to_string(other))}});
    for (const Label& label : binary.labels) drop(label, binary.matching == Binary::Matching::on ? "on" : "ignoring");
    for (const Label& label : binary.include) drop(label, binary.group == Binary::Group::left ? "group_left" : "group_right");
  }

  void visit_selector(const Selector& selector) {
    for (const Matcher& matcher : selector.matchers) {
      if (matcher.label.name == kNameLabel) {
        if (matcher.kind == MatchKind::equal) rename(matcher);
        continue;
      }
      const std::string text =
          "{" + matcher.label.name + std::string(to_string(matcher.kind)) + print_text(matcher.value) + "}";
      const Result<Edit> any = value_edit(matcher, ".*"), pattern = kind_edit(matcher, MatchKind::pattern);
      if (any && pattern) edit(text + " dropped", {*pattern, *any});
      // Another value that must not be is hardly more than none.
      if (matcher.kind != MatchKind::equal && matcher.kind != MatchKind::pattern) continue;
      if (const Result<Edit> other = value_edit(matcher, kNoValue)) edit(text + " -> " + print_text(kNoValue), {*other});
    }
  }

  void rename(const Matcher& matcher) {
    const std::string other = matcher.value + std::string(kRenamed);
    if (const Result<Edit> renamed = value_edit(matcher, other)) edit(matcher.value + " renamed", {*renamed}, other);
  }

  // A label that no series has is none to group or match by.
  void drop(const Label& label, const std::string& of) {
    edit(of + " (" + label.name + ") dropped", {label_edit(label, kNoLabel)});
  }

  void edit(const std::string& change, std::vector<Edit> edits, std::string renamed = {}) {
    const Result<std::string> text = edited(rule_.expression, std::move(edits));
    // A selector of nothing but what it need not match is none.
    if (text && parse_promql(*text)) add(change, *text, rule_.after, std::move(renamed));
  }

  void add(const std::string& change, std::string expression, nanoseconds after, std::string renamed = {}) {
    const int nth = ++seen_[change];
    mutants_.push_back(
        {nth == 1 ? change : change + " #" + std::to_string(nth), std::move(expression), after, std::move(renamed)});
  }

  const Rule& rule_;
  std::map<std::string, int> seen_;
  std::vector<Mutant> mutants_;
};

}  // namespace

std::vector<Mutant> mutants_of(const Rule& rule) { return Breaker(rule).all(); }

}  // namespace finwatch::rules
