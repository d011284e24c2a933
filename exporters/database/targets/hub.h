// All targets, and the page that they make together.
//
//   Hub hub(std::move(targets));
//   hub.collect(scrape, sink);                     // one collector to the runner
//   Status found = hub.collect_one("nc", deadline, sink);
//
// A family is one piece on the page although its samples come from many targets and lanes: what each of them wrote is kept as text
// and put together by family, without being written again.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "database/targets/target.h"
#include "run/collector.h"

namespace finwatch::database {

class Hub {
 public:
  explicit Hub(std::vector<std::shared_ptr<Target>> targets) : targets_(std::move(targets)) {}

  const std::vector<std::shared_ptr<Target>>& targets() const { return targets_; }
  /// Asks all targets at once and writes their families. Ends before the deadline.
  void collect(SteadyTime deadline, MetricSink& sink);

  /// The families that the hub itself writes: finwatch_db_up and its kin.
  static std::span<const MetricRef> metrics();

 private:
  std::vector<std::shared_ptr<Target>> targets_;
  bool first_ = true;
};

/// One target's page, as /probe gives it: established families without the label `target`.
void collect_one(Target& target, SteadyTime deadline, MetricSink& sink);

}  // namespace finwatch::database
