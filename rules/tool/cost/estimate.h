// What an expression costs Prometheus each time it is worked out, without a Prometheus: series and samples counted on a fleet, times
// the unit costs that were measured (docs/guides/rule-cost.md).
//
//   Fleet fleet = Fleet::by_default();
//   const Cost cost = estimate(*parse_promql("rate(node_vmstat_pswpin[5m]) > 500"), fleet);
//   cost.samples                                                       // 1,000 hosts × 10
//
// Counts are exact where the fleet is; the time is meant to be right within a factor of two.
#pragma once

#include <string>
#include <vector>

#include "rules/tool/cost/fleet.h"
#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

struct Cost {
  double series = 0;        // that its selectors find
  double samples = 0;       // that they read
  double microseconds = 0;  // of one core
  double recorded = 0;      // series in the result, where few are in trouble
  SeriesSet result;
  std::vector<std::string> unknown;  // families that the fleet does not know

  double milliseconds() const { return microseconds / 1000; }
};

/// Of every hundred series so many pass a comparison.
inline constexpr double kTroubled = 0.01;

Cost estimate(const Expression& expression, const Fleet& fleet);

/// What writing a rule's result adds.
double recording_microseconds(double series);
double alerting_microseconds(double active);

}  // namespace finwatch::rules
