#include "notifier/collector.h"

namespace finwatch::notifier {
namespace {

constexpr MetricDesc kLast{MetricType::gauge, "finwatch_heartbeat_last_timestamp_seconds",
                           "When the alert that always fires was last heard; none before the first time."};
constexpr MetricDesc kSilent{
    MetricType::gauge, "finwatch_heartbeat_silent",
    "Whether that alert has stayed away longer than the contract allows; none when the contract has no heartbeat."};

const std::vector<MetricRef> kMetrics = {kLast, kSilent};

// The one that stands by hears Alertmanager too, but only the leader judges.
void write(const Seen& seen, MetricSink& sink) {
  if (!seen.contract.heartbeat || !seen.figures.leads) return;
  if (seen.figures.heartbeat) sink.add(kLast, to_seconds(*seen.figures.heartbeat));
  sink.add(kSilent, seen.figures.heartbeat_silent);
}

}  // namespace

extern const NotifierCollector heartbeat_collector{
    .info = {.name = "heartbeat",
             .summary = "When the alert that always fires was last heard from Alertmanager, and whether it fell silent.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::notifier
