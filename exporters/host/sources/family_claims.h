// The names that a family takes up on a page, and which of them belong to finwatch-host itself.
//
//   const ReservedNames reserved;                       // every family that any collector declares, on or off
//   if (reserved.hold(MetricType::gauge, "node_load1")) refuse();
//
// A family takes up more than its own name: a histogram also <name>_bucket, _sum and _count, and in OpenMetrics a counter
// drops its _total. Two families that share one of these cannot stand on one page.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/metric.h"

namespace finwatch::host {

/// The names that a family takes up, its own first.
std::vector<std::string> family_claims(MetricType type, std::string_view name);

class ReservedNames {
 public:
  ReservedNames();
  /// Whether a family of somebody else would take up a name of ours.
  bool hold(MetricType type, std::string_view name) const;

 private:
  bool hold(const std::string& claim) const;

  std::unordered_set<std::string> names_;
  std::vector<std::string> patterns_;  // those with a `*`
};

}  // namespace finwatch::host
