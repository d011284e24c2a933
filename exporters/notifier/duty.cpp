#include "notifier/collector.h"

namespace finwatch::notifier {
namespace {

constexpr std::chrono::days kAhead{30};

constexpr MetricDesc kOnCall{MetricType::gauge, "finwatch_on_call",
                             "1 for each person who is told of that duty now; none in a gap of its rota.", "duty", "person"};
constexpr MetricDesc kNextGap{MetricType::gauge, "finwatch_rota_next_gap_timestamp_seconds",
                              "When the rota names nobody next, now at the latest in a gap; none without one within 30 days.",
                              "duty"};
constexpr MetricDesc kPlannedUntil{MetricType::gauge, "finwatch_rota_planned_until_timestamp_seconds",
                                   "When the last line of the rota begins; whoever stands there stays on duty.", "duty"};

const std::vector<MetricRef> kMetrics = {kOnCall, kNextGap, kPlannedUntil};

void write(const Seen& seen, MetricSink& sink) {
  const Contract& contract = seen.contract;
  auto on_call = sink.family(kOnCall);
  for (const auto& [id, duty] : contract.duties)
    for (const std::string& person : contract.on_duty(id, seen.now)) on_call.add(1, id, person);
  auto next_gap = sink.family(kNextGap);
  for (const auto& [id, duty] : contract.duties) {
    if (!duty.rota) continue;
    const auto gaps = duty.rota->gaps(contract.zone.local(seen.now), contract.zone.local(seen.now + kAhead));
    if (!gaps.empty()) next_gap.add(to_seconds(contract.zone.instant(gaps.front().from)), id);
  }
  auto planned = sink.family(kPlannedUntil);
  for (const auto& [id, duty] : contract.duties)
    if (duty.rota) planned.add(to_seconds(contract.zone.instant(duty.rota->planned_until())), id);
}

}  // namespace

extern const NotifierCollector duty_collector{
    .info = {.name = "duty",
             .summary = "Who is on call, the next gap of each rota and how far it is planned, from the contract.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::notifier
