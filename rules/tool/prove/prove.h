// The proofs of what is compiled, each by the tool that will use it: rule files and cases by promtool, routes by amtool, queries of
// dashboards by our parser and, where there is one, by a Prometheus.
//
//   std::vector<Outcome> outcomes = prove_cases(areas, folder, {promtool, {.at_once = 2}});
#pragma once

#include <string>
#include <vector>

#include "rules/tool/alerts/alert.h"
#include "rules/tool/prometheus/prometheus.h"
#include "rules/tool/prove/outcome.h"
#include "rules/tool/run/programs.h"

namespace finwatch::rules {

struct Tool {
  std::string path;
  RunOptions options = {};  // `done` is told of each call, of which there are as many as kFilesAtOnce allows
};

/// Test files that one call of promtool is given: it starts in 50 ms, which would be half of the whole.
inline constexpr std::size_t kFilesAtOnce = 4;

/// folder/rules/*.rules.yml; fails where there is none.
std::vector<Outcome> prove_rule_files(const std::string& folder, const Tool& promtool);

/// Every case of the alerts, by folder/tests/<area>/<alert>.test.yml.
std::vector<Outcome> prove_cases(const std::vector<Area>& areas, const std::string& folder, const Tool& promtool);

/// Are there routes to prove?
bool has_routes(const std::string& folder);
/// folder/alertmanager.yml, and each line of folder/tests/routes.tests: alertname=A severity=light -> notifier,mail
std::vector<Outcome> prove_routes(const std::string& folder, const Tool& amtool);

/// The queries of every *.json below the folder; when there is a Prometheus, its answers too. None where there is no such folder.
std::vector<Outcome> prove_dashboards(const std::string& folder, Prometheus* prometheus);

}  // namespace finwatch::rules
