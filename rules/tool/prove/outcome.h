// What a test came to, and all of them together: as text for people, as JUnit's XML for build servers.
//
//   std::vector<Outcome> outcomes;
//   outcomes.push_back({"host", "HostCpuBusy: firing", "rules/alerts/host.yaml", 37, Verdict::failed, "…"});
//   std::fputs(summary_text(outcomes).c_str(), stdout);
#pragma once

#include <string>
#include <vector>

#include "core/tree.h"

namespace finwatch::rules {

enum class Verdict : unsigned char { passed, failed, skipped };

struct Outcome {
  std::string group;  // "host", "rule files", "routes", "dashboards"
  std::string name;
  Position where;
  Verdict verdict = Verdict::passed;
  std::string text;  // of one that failed: what was expected and what came; of one that was skipped: why
};

std::size_t count(const std::vector<Outcome>& outcomes, Verdict verdict);

/// Each failure with its place, then a line a group.
std::string summary_text(const std::vector<Outcome>& outcomes);
/// A test suite a group, in the order in which they come.
std::string junit_xml(const std::vector<Outcome>& outcomes);

}  // namespace finwatch::rules
