// The bridge to prometheus-cpp: our collectors, served by its Exposer (or pushed by its Gateway) in a program of yours.
//
//   Runner runner({}, env);
//   runner.replace(std::move(entries));
//   const auto bridge = std::make_shared<SinkCollectable>(runner);   // the Exposer keeps a weak_ptr only
//   prometheus::Exposer exposer("127.0.0.1:9100");
//   exposer.RegisterCollectable(bridge);
//
// A Runner stands between, so its promises hold here too: collectors run on its own threads (an Exposer's have 100 KiB of stack),
// what throws or hangs costs its own families only, and Collect() returns by the runner's timeout. What prometheus-cpp does not
// know is given as the nearest it has: info and stateset as gauges, exemplars not at all; its numbers are doubles of 16 digits, and
// a bucket is le="1" where we write le="1.0".
//
// Whoever includes this links prometheus-cpp::core. test/examples/exposer.cpp is a whole program.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <string_view>
#include <vector>

#include "run/runner.h"

namespace finwatch {

class SinkCollectable final : public prometheus::Collectable {
 public:
  /// The runner must outlive it.
  explicit SinkCollectable(Runner& runner) : runner_(runner) {}

  /// Runs the collectors. Never throws: an Exposer would end the program.
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  Runner& runner_;
};

/// The families of a page that our writer made, in text 0.0.4. HELP keeps its escapes, because prometheus-cpp writes it as it is.
std::vector<prometheus::MetricFamily> to_prometheus_families(std::string_view page);

}  // namespace finwatch
