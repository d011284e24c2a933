// What a collector of finwatch-notifier is: a name, its metrics, and how they are written from what the engine copied for us.
//
//   constexpr MetricDesc kSilent{MetricType::gauge, "finwatch_heartbeat_silent", "…"};
//   void write(const Seen& seen, MetricSink& sink) { sink.add(kSilent, seen.figures.heartbeat_silent); }
//   extern const NotifierCollector heartbeat_collector{.info = {.name = "heartbeat", …, .metrics = kMetrics}, .write = write};
//
// A scrape asks neither the journal nor a provider. What the journal counts is shown by the instance that leads alone: the other has
// old numbers, and a counter that jumps when it takes over would be counted twice.
#pragma once

#include <utility>
#include <vector>

#include "notifier/contract/contract.h"
#include "notifier/engine/engine.h"
#include "notifier/incident/counters.h"
#include "run/collector.h"

namespace finwatch::notifier {

struct Seen {
  const Figures& figures;
  const Contract& contract;
  WallTime now;
};

struct NotifierCollector {
  CollectorInfo info;
  void (*write)(const Seen& seen, MetricSink& sink) = nullptr;
};

/// `desc` as it was counted.
template <std::size_t N>
void write_counter(MetricSink& sink, const Seen& seen, const MetricDesc<N>& desc) {
  auto family = sink.family(desc);
  for (const Counted& each : read_counter(seen.figures.counters, desc)) [&]<std::size_t... I>(std::index_sequence<I...>) {
      family.add(each.value, each.labels[I]...);
    }
  (std::make_index_sequence<N>{});
}

template <std::size_t N>
void write_histogram(MetricSink& sink, const Seen& seen, const MetricDesc<N>& desc) {
  auto family = sink.family(desc);
  std::vector<HistogramBucket> buckets;
  for (const CountedHistogram& each : read_histogram(seen.figures.counters, desc)) {
    buckets.clear();
    for (const auto& [bound, count] : each.buckets) buckets.push_back({bound, count, nullptr});
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      family.add_histogram({buckets, each.count, each.sum}, each.labels[I]...);
    }
    (std::make_index_sequence<N>{});
  }
}

}  // namespace finwatch::notifier
