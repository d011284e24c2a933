// The text of rules and of their cases: what the makers of rule files and of tests share.
//
//   Result<Rule> rule = rule_of(area, alert, contract);
//   std::string group = group_text(area.id, alert.speed);
//   for (const Recording* recording : recordings_behind(rule->expression, areas)) group += recording_text(*recording);
//   group += alert_text(*rule, contract);
#pragma once

#include <span>
#include <string>
#include <vector>

#include "rules/tool/alerts/alert.h"

namespace finwatch::rules {

/// An alert as Prometheus is given it. Its catalogue entry must outlive it.
struct Rule {
  const Area* area = nullptr;
  const Alert* alert = nullptr;
  std::string name;        // the alert's id
  std::string expression;  // without parameters
  nanoseconds after{};
};

/// config with the place of an expression, a class or a severity that is wrong.
Result<Rule> rule_of(const Area& area, const Alert& alert, const Contract& contract);

/// "  - name: finwatch-host-fast …" up to the rules themselves.
std::string group_text(std::string_view area, Speed speed);
std::string recording_text(const Recording& recording);
std::string alert_text(const Rule& rule, const Contract& contract);

/// Those that the expression reads, and what these read, each after what it needs.
std::vector<const Recording*> recordings_behind(const std::string& expression, const std::vector<Area>& areas);

/// promtool's words before the tests: whose rules, and how often they are worked out.
std::string tests_head(std::string_view rules_file, Speed speed);
/// What is to be seen of each rule in that case. All are of the case's alert.
std::string case_text(const AlertCase& one, std::span<const Rule> rules);

}  // namespace finwatch::rules
