// What an expression asks for and what it gives: for the checks of rules and panels against the exporters' catalogues.
//
//   const Analysis analysis = analyse_promql(*tree);
//   for (const Selected& one : analysis.selected)
//     if (!one.name_is_pattern && !catalogue.contains(one.name)) …
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

/// One selector of the expression.
struct Selected {
  std::string name;                    // of the metric, or the pattern it matches; empty when any name will do
  bool name_is_pattern = false;        // anything but one exact name
  const Selector* selector = nullptr;  // its matchers; of the tree, which must outlive this
  Span span;
  std::chrono::milliseconds range{};   // 0 for an instant
  std::chrono::milliseconds offset{};  // with those of the subqueries around it
  bool in_subquery = false;
  bool in_absent = false;  // absent() or absent_over_time(): that it selects nothing is what the expression waits for
};

/// The labels that a result may carry: some of `names`, or any but `names`.
struct ResultLabels {
  bool any_but = false;
  std::set<std::string, std::less<>> names;

  bool may_carry(std::string_view label) const { return names.contains(label) != any_but; }
};

enum class Top : unsigned char {
  value,       // gives a value for every series, as `bool` comparisons do
  comparison,  // keeps the series that a comparison holds for
  filter,      // keeps or makes series otherwise: and, unless, absent(), an `or` of two that filter
};

struct Analysis {
  std::vector<Selected> selected;      // in the order of the text
  std::vector<Label> labels;           // each label that the text names, as often as it does
  ResultLabels result;                 // with __name__ where it is kept
  std::chrono::milliseconds window{};  // how far back the text asks for samples: ranges and offsets, subqueries added up
  Top top = Top::value;
};

Analysis analyse_promql(const Expression& expression);

/// `result` as it is when the labels of what a selector selects are known, rather than any that it does not rule out.
using SelectorLabels = std::function<ResultLabels(const Selector& selector)>;
ResultLabels result_labels(const Expression& expression, const SelectorLabels& of);
/// The algebra: in either, in both, in the first and not among `taken`.
ResultLabels operator|(const ResultLabels& a, const ResultLabels& b);
ResultLabels operator&(const ResultLabels& a, const ResultLabels& b);
ResultLabels without(const ResultLabels& a, std::set<std::string, std::less<>> taken);

/// Is there anything in it that Prometheus 2.42 does not know?
bool needs_prometheus_3(const Expression& expression);

}  // namespace finwatch::rules
