// Rule files as Prometheus reads them, whoever wrote them: also a PrometheusRule of Kubernetes, a list of such, the values of a chart.
//
//   Result<RuleFile> file = load_rule_file("node.rules.yml");
//   for (const RuleGroup& group : file->groups)
//     for (const Rule& rule : group.rules) rule.name, rule.expression, …
//
// Wherever in a document a list of groups stands, it is found. Keys that we have no use for are left alone: what a file may hold is
// promtool's question.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/tree.h"
#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct PrometheusRule {
  bool is_alert = false;
  std::string name;
  std::string expression;
  Position where, expression_where;
  std::chrono::nanoseconds after{}, keep_firing_for{};
  bool waits = false;  // there is a `for`, if only 0m
  Pairs labels, annotations;

  /// nullptr when there is none.
  const std::string* annotation(std::string_view wanted) const;
  const std::string* label(std::string_view wanted) const;
};

struct RuleGroup {
  std::string name;
  std::chrono::nanoseconds interval{};  // 0: Prometheus's own
  std::vector<PrometheusRule> rules;
  Position where;
};

struct RuleFile {
  std::string path;
  std::vector<RuleGroup> groups;
};

/// config with file:line:column of what is no rule file. Files may be large, and hold several documents.
Result<RuleFile> load_rule_file(const std::string& path);
Result<RuleFile> read_rule_file(std::string_view text, const std::string& path);

/// The files of a path: itself, or all *.yml, *.yaml below a folder, sorted. config when there is none.
Result<std::vector<std::string>> rule_files(const std::string& path);

/// The tree of a rule's expression; config with the place within the file as well as it can be known.
Result<Expression> parse_expression(const PrometheusRule& rule);

/// "1h30m", "2w", "0": as Prometheus writes a length of time.
bool parse_length(std::string_view text, std::chrono::nanoseconds& out);

}  // namespace finwatch::rules
