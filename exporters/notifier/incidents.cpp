#include <span>

#include "notifier/collector.h"

namespace finwatch::notifier {
namespace {

constexpr MetricDesc kOpen{MetricType::gauge,
                           "finwatch_incidents",
                           "Incidents that are not closed, by how far they have come.",
                           "fault_class",
                           "service",
                           "state"};
constexpr MetricDesc kOldest{MetricType::gauge, "finwatch_incidents_oldest_timestamp_seconds",
                             "When the oldest incident began that is neither solved nor closed; none when there is none.",
                             "fault_class"};

const std::vector<MetricRef> kMetrics = {kOpen,
                                         kOldest,
                                         counted::kIncidents,
                                         counted::kOpened,
                                         counted::kReopened,
                                         counted::kFixedFirstTime,
                                         counted::kAlerts,
                                         counted::kWebhooks};

constexpr std::span<const std::string_view> kOpenStates = std::span(kStateNames).first(kStateNames.size() - 1);

void write_open(const Seen& seen, MetricSink& sink) {
  const Contract& contract = seen.contract;
  auto groups = seen.figures.open.groups;
  groups[{}];  // of no class: what the contract does not know
  for (const auto& [id, fault_class] : contract.classes) {
    groups[{id, {}}];
    for (const Service& service : contract.services) groups[{id, service.id}];
  }
  auto family = sink.family(kOpen);
  for (const auto& [of, states] : groups)
    family.add_each(
        kOpenStates, [&, &its = states](std::size_t i) { return its[i]; }, of.first, of.second);
}

void write_oldest(const Seen& seen, MetricSink& sink) {
  auto family = sink.family(kOldest);
  for (const auto& [fault_class, began] : seen.figures.open.oldest) family.add(to_seconds(began), fault_class);
}

void write(const Seen& seen, MetricSink& sink) {
  if (!seen.figures.leads) return;
  write_open(seen, sink);
  write_oldest(seen, sink);
  write_counter(sink, seen, counted::kIncidents);
  write_counter(sink, seen, counted::kOpened);
  write_counter(sink, seen, counted::kReopened);
  write_counter(sink, seen, counted::kFixedFirstTime);
  write_counter(sink, seen, counted::kAlerts);
  write_counter(sink, seen, counted::kWebhooks);
}

}  // namespace

extern const NotifierCollector incidents_collector{
    .info = {.name = "incidents",
             .summary = "Incidents that are open and that were closed, and the alerts they came from, from the journal.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::notifier
