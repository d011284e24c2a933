// The names that a family takes up on a page, and which of them belong to finwatch-host itself.
//
//   if (is_reserved(MetricType::gauge, "node_load1")) refuse();     // some collector declares it, on or off
//
// A family takes up more than its own name: a histogram also <name>_bucket, _sum and _count, and in OpenMetrics a counter
// drops its _total. Two families that share one of these cannot stand on one page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/metric.h"

namespace finwatch::host {

/// The names that a family takes up, its own first.
std::vector<std::string> family_claims(MetricType type, std::string_view name);

/// Whether a family of somebody else would take up a name of ours. Looks through the whole catalogue instead of keeping a copy of
/// it: it is asked only when a file has changed.
bool is_reserved(MetricType type, std::string_view name);

}  // namespace finwatch::host
