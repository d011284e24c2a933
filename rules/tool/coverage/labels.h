// What an expression's labels are, given what is known of its metrics: the part of coverage that follows PromQL.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/tool/coverage/coverage.h"
#include "rules/tool/promql/analyse.h"

namespace finwatch::rules {

/// A label that a part of an expression names, and the series that should carry it.
struct AskedLabel {
  std::string label;
  std::string of;        // their metrics
  std::string where;     // "a matcher", "by", "on, right side"
  ResultLabels carried;  // by them
};

/// The metrics of an expression, one name after another.
std::string metrics_of(const Expression& expression);

/// Each label that the expression names.
std::vector<AskedLabel> asked_labels(const Expression& expression, const SelectorLabels& of);

/// The recordings of the question, and what they come down to.
class Ground {
 public:
  explicit Ground(const CoverageQuestion& question);

  /// The tree of a subject; nullptr where it cannot be read, with `refusal`.
  const Expression* tree(std::size_t subject) const { return trees_[subject] ? &*trees_[subject] : nullptr; }
  const std::string& refusal(std::size_t subject) const { return refusals_[subject]; }

  const std::vector<std::size_t>* recordings(std::string_view name) const;
  Found find(std::string_view name) const;
  ResultLabels labels(const Selector& selector) const;
  ResultLabels labels(const Expression& expression) const;
  /// Of the series that a rule leaves: also those that it adds itself.
  ResultLabels labels_with_own(std::size_t subject) const;

  const CoverageQuestion& question() const { return question_; }

 private:
  ResultLabels labels_of_recording(std::size_t subject) const;

  const CoverageQuestion& question_;
  std::vector<std::optional<Expression>> trees_;
  std::vector<std::string> refusals_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> recordings_;
  LabelNames target_labels_;
  mutable std::map<std::size_t, ResultLabels> known_;  // of recordings; one that is being worked out has any label
};

/// Which selectors of the expression select nothing on the pages; empty when the expression can give something.
std::vector<std::string> lacking(const Expression& expression, const Ground& ground);

}  // namespace finwatch::rules
