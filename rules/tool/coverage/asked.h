// What else asks for metrics and labels beside rules: Grafana's dashboards and Alertmanager's routes.
#pragma once

#include <vector>

#include "rules/tool/coverage/coverage.h"

namespace finwatch::rules {

/// The queries of a dashboard to Prometheus, variables filled in: of panels, of variables, of annotations. config when it is none.
Status add_dashboard(const Tree& file, std::vector<CoverageSubject>& subjects);

/// Grafana's variables as something that PromQL can be read with: [$__rate_interval] becomes [5m], job=~"$job" job=~".*".
std::string with_variables(std::string_view query);

/// The labels that the routes and the inhibitions of an alertmanager.yml ask for. config with the place of a matcher that is none.
Status add_routes(const Tree& file, std::vector<Wish>& wishes);

}  // namespace finwatch::rules
