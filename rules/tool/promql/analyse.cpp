#include "rules/tool/promql/analyse.h"

#include <algorithm>
#include <iterator>

#include "rules/tool/promql/functions.h"

namespace finwatch::rules {
namespace {

using Names = std::set<std::string, std::less<>>;
using Grouping = Aggregation::Grouping;

Names names_of(const std::vector<Label>& labels) {
  Names names;
  for (const Label& label : labels) names.insert(label.name);
  return names;
}
Names both(const Names& a, const Names& b) {
  Names names;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(names, names.end()));
  return names;
}
Names either(Names a, const Names& b) {
  a.insert(b.begin(), b.end());
  return a;
}
Names less(const Names& a, const Names& b) {
  Names names;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(names, names.end()));
  return names;
}

const Text* text_argument(const Expression& expression, std::size_t which) {
  return which < expression.parts.size() ? bare(expression.parts[which]).as<Text>() : nullptr;
}

bool is_absent(const Function& function) { return function.name == "absent" || function.name == "absent_over_time"; }

ResultLabels result_of(const Expression& expression, const SelectorLabels& of);

ResultLabels any_labels(const Selector& selector) {
  ResultLabels labels{true, {}};
  for (const Matcher& matcher : selector.matchers)
    if (matcher.kind == MatchKind::equal && matcher.value.empty()) labels.names.insert(matcher.label.name);
  return labels;
}

// What absent() makes up: the labels that its selector asks for exactly, once.
ResultLabels result_of_absent(const Expression& argument) {
  ResultLabels labels;
  if (const auto* selector = bare(argument).as<Selector>())
    for (const Matcher& matcher : selector->matchers)
      if (matcher.kind == MatchKind::equal && matcher.label.name != kNameLabel) labels.names.insert(matcher.label.name);
  return labels;
}

// Labels that a function writes stand in a text; another expression could stand there, were there one that gives a string.
ResultLabels result_of_call(const Expression& expression, const Function& function, const SelectorLabels& of) {
  const std::string_view name = function.name;
  const auto vector = std::find_if(expression.parts.begin(), expression.parts.end(), [](const Expression& part) {
    return part.type == ValueType::vector || part.type == ValueType::range;
  });
  if (vector == expression.parts.end() || function.gives == ValueType::scalar) return {};
  if (is_absent(function)) return result_of_absent(*vector);
  const ResultLabels labels = result_of(*vector, of);
  const Text* written = text_argument(expression, 1);
  if (name == "label_replace" || name == "label_join")
    return labels | ResultLabels{!written, written ? Names{written->value} : Names{}};
  if (name == "sort" || name == "sort_desc" || name == "sort_by_label" || name == "sort_by_label_desc" ||
      name == "last_over_time" || name == "first_over_time")
    return labels;
  if (name == "info") return without({true, {}}, {std::string(kNameLabel)});
  const ResultLabels nameless = without(labels, {std::string(kNameLabel)});
  if (name == "histogram_quantiles")
    return without(nameless, {"le"}) | ResultLabels{false, Names{written ? written->value : ""}};
  if (name == "histogram_quantile" || name == "histogram_fraction") return without(nameless, {"le"});
  return nameless;
}

ResultLabels result_of_aggregation(const Expression& expression, const Aggregation& aggregation, const SelectorLabels& of) {
  const ResultLabels inner = result_of(expression.parts.back(), of);
  if (aggregation.aggregate->picks) return inner;
  ResultLabels labels;
  if (aggregation.grouping == Grouping::by) labels = inner & ResultLabels{false, names_of(aggregation.labels)};
  if (aggregation.grouping == Grouping::without)
    labels = without(inner, either(names_of(aggregation.labels), {std::string(kNameLabel)}));
  const Text* written = aggregation.aggregate->parameter == Aggregate::Parameter::text ? text_argument(expression, 0) : nullptr;
  return written != nullptr ? labels | ResultLabels{false, {written->value}} : labels;
}

ResultLabels result_of_binary(const Expression& expression, const Binary& binary, const SelectorLabels& of) {
  const Expression& first = expression.parts.front();
  const Expression& second = expression.parts.back();
  const ResultLabels left = result_of(first, of);
  const ResultLabels right = result_of(second, of);
  if (binary.op == Operator::or_) return left | right;
  if (is_set(binary.op)) return left;
  const bool keeps_name = is_comparison(binary.op) && !binary.returns_bool;
  const Names name{std::string(kNameLabel)};
  const Names labels = names_of(binary.labels);
  ResultLabels result;
  if (first.type == ValueType::scalar || second.type == ValueType::scalar) {
    result = first.type == ValueType::scalar ? right : left;
  } else if (binary.group != Binary::Group::none) {
    const bool is_left = binary.group == Binary::Group::left;
    result = (is_left ? left : right) | ((is_left ? right : left) & ResultLabels{false, names_of(binary.include)});
  } else if (binary.matching == Binary::Matching::on) {
    result = left & right & ResultLabels{false, labels};
  } else {
    // Both sides carry the same labels, but for those that are ignored and the name.
    result = without(left & right, either(labels, name));
    if (keeps_name) result = result | (left & ResultLabels{false, name});
  }
  return keeps_name ? result : without(result, name);
}

ResultLabels result_of(const Expression& expression, const SelectorLabels& of) {
  if (const auto* selector = expression.as<Selector>()) return of(*selector);
  if (const auto* call = expression.as<Call>()) return result_of_call(expression, *call->function, of);
  if (const auto* aggregation = expression.as<Aggregation>()) return result_of_aggregation(expression, *aggregation, of);
  if (const auto* binary = expression.as<Binary>()) return result_of_binary(expression, *binary, of);
  if (expression.parts.empty()) return {};  // a number, a text
  const ResultLabels inner = result_of(expression.parts.front(), of);
  const auto* unary = expression.as<Unary>();
  const bool negative = unary != nullptr && unary->negative;
  return negative ? without(inner, {std::string(kNameLabel)}) : inner;  // else a subquery, parentheses
}

Top top_of(const Expression& outer) {
  const Expression& expression = bare(outer);
  if (const auto* call = expression.as<Call>()) return is_absent(*call->function) ? Top::filter : Top::value;
  const auto* binary = expression.as<Binary>();
  if (binary == nullptr) return Top::value;
  if (is_comparison(binary->op)) return binary->returns_bool ? Top::value : Top::comparison;
  if (binary->op == Operator::and_ || binary->op == Operator::unless) return Top::filter;
  const bool both_filter = binary->op == Operator::or_ && top_of(expression.parts.front()) != Top::value &&
                           top_of(expression.parts.back()) != Top::value;
  return both_filter ? Top::filter : Top::value;
}

// Label names that stand in strings: label_replace(v, "dst", "…", "src", "…"), label_join(v, "dst", "…", "src"…),
// sort_by_label(v, "label"…), count_values("label", v), histogram_quantiles(v, "label", …).
void add_written_labels(const Expression& expression, std::vector<Label>& labels) {
  std::vector<std::size_t> places;
  const std::size_t count = expression.parts.size();
  if (const auto* aggregation = expression.as<Aggregation>()) {
    if (aggregation->aggregate->parameter == Aggregate::Parameter::text) places = {0};
  } else if (const auto* call = expression.as<Call>()) {
    const std::string_view name = call->function->name;
    if (name == "label_replace") places = {1, 3};
    if (name == "label_join" || name == "histogram_quantiles" || name.starts_with("sort_by_label")) places = {1};
    const std::size_t more = name == "label_join" ? 3 : name.starts_with("sort_by_label") ? 2 : count;
    for (std::size_t i = more; i < count; ++i) places.push_back(i);
  }
  for (const std::size_t place : places)
    if (const Text* text = text_argument(expression, place))
      labels.push_back({text->value, bare(expression.parts[place]).span});
}

void add_labels(const Expression& expression, std::vector<Label>& labels) {
  const auto add = [&](const std::vector<Label>& more) { labels.insert(labels.end(), more.begin(), more.end()); };
  if (const auto* selector = expression.as<Selector>())
    for (const Matcher& matcher : selector->matchers)
      if (matcher.form == Matcher::Form::full) labels.push_back(matcher.label);
  if (const auto* aggregation = expression.as<Aggregation>()) add(aggregation->labels);
  if (const auto* binary = expression.as<Binary>()) {
    add(binary->labels);
    add(binary->include);
  }
  add_written_labels(expression, labels);
}

// What stands around a selector.
struct Around {
  std::chrono::milliseconds range{};
  std::chrono::milliseconds offset{};
  bool in_subquery = false;
  bool in_absent = false;
};

void select(const Expression& expression, Around around, Analysis& analysis) {
  if (const auto* selector = expression.as<Selector>()) {
    Selected& one = analysis.selected.emplace_back();
    const Matcher* name = selector->name();
    one.name_is_pattern = name == nullptr || name->kind != MatchKind::equal;
    if (name != nullptr) one.name = name->value;
    one.selector = selector;
    one.span = expression.span;
    if (selector->range) one.range = selector->range->time;
    one.offset = around.offset;
    if (selector->when.offset) one.offset += selector->when.offset->time;
    one.in_subquery = around.in_subquery;
    one.in_absent = around.in_absent;
    analysis.window = std::max(analysis.window, around.range + one.range + one.offset);
  }
  if (const auto* subquery = expression.as<Subquery>()) {
    around.range += subquery->range.time;
    if (subquery->when.offset) around.offset += subquery->when.offset->time;
    around.in_subquery = true;
  }
  if (const auto* call = expression.as<Call>()) around.in_absent = around.in_absent || is_absent(*call->function);
  for (const Expression& part : expression.parts) select(part, around, analysis);
}

}  // namespace

ResultLabels operator&(const ResultLabels& a, const ResultLabels& b) {
  if (a.any_but && b.any_but) return {true, either(a.names, b.names)};
  if (a.any_but) return {false, less(b.names, a.names)};
  return {false, b.any_but ? less(a.names, b.names) : both(a.names, b.names)};
}
ResultLabels operator|(const ResultLabels& a, const ResultLabels& b) {
  if (a.any_but && b.any_but) return {true, both(a.names, b.names)};
  if (a.any_but) return {true, less(a.names, b.names)};
  return b.any_but ? b | a : ResultLabels{false, either(a.names, b.names)};
}
ResultLabels without(const ResultLabels& a, std::set<std::string, std::less<>> taken) {
  return a & ResultLabels{true, std::move(taken)};
}

ResultLabels result_labels(const Expression& expression, const SelectorLabels& of) { return result_of(expression, of); }

Analysis analyse_promql(const Expression& expression) {
  Analysis analysis;
  select(expression, {}, analysis);
  walk(expression, [&](const Expression& node) { add_labels(node, analysis.labels); });
  std::sort(analysis.labels.begin(), analysis.labels.end(),
            [](const Label& a, const Label& b) { return a.span.begin < b.span.begin; });
  analysis.result = result_of(expression, any_labels);
  analysis.top = top_of(expression);
  return analysis;
}

bool needs_prometheus_3(const Expression& expression) {
  const auto is_new = [](const Label& label) { return label.is_quoted; };
  const auto any_new = [&](const std::vector<Label>& labels) { return std::any_of(labels.begin(), labels.end(), is_new); };
  const auto new_length = [](const std::optional<Length>& length) {
    return length && (length->is_number || length->time.count() == 0);
  };
  bool needs = false;
  walk(expression, [&](const Expression& node) {
    if (const auto* number = node.as<Number>()) needs = needs || number->is_duration;
    if (const auto* call = node.as<Call>()) needs = needs || call->function->since_3;
    if (const auto* aggregation = node.as<Aggregation>())
      needs = needs || aggregation->aggregate->since_3 || any_new(aggregation->labels);
    if (const auto* binary = node.as<Binary>()) needs = needs || any_new(binary->labels) || any_new(binary->include);
    if (const auto* subquery = node.as<Subquery>())
      needs = needs || subquery->range.is_number || new_length(subquery->step) || new_length(subquery->when.offset);
    const auto* selector = node.as<Selector>();
    if (selector == nullptr) return;
    needs = needs || new_length(selector->range) || new_length(selector->when.offset);
    for (const Matcher& matcher : selector->matchers)
      needs = needs || matcher.form == Matcher::Form::quoted_name || matcher.label.is_quoted;
  });
  return needs;
}

}  // namespace finwatch::rules
