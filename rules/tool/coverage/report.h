// Coverage as text for people and as JSON for programs.
#pragma once

#include <string>

#include "rules/tool/coverage/coverage.h"

namespace finwatch::rules {

struct ReportOptions {
  bool all_rows = false;     // not only those that are missing, and the conditions in short
  bool list_unused = false;  // the names, not only how many
  bool has_pages = false;    // a machine was looked at
};

std::string coverage_text(const Coverage& coverage, const ReportOptions& options);
std::string coverage_json(const Coverage& coverage);

/// "rules/a.yaml:3:5: alert HostHot: metric node_hot: missing: nobody who is known exports it"
std::string row_text(const Row& row);

}  // namespace finwatch::rules
