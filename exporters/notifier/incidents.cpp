#include <map>
#include <span>
#include <tuple>

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

using Pair = std::pair<std::string_view, std::string_view>;  // class, service
using States = std::array<int, kOpenStates.size()>;

void write_open(const Seen& seen, MetricSink& sink) {
  const Contract& contract = seen.contract;
  std::map<Pair, States> numbers;
  numbers[{}];  // of no class: what the contract does not know
  for (const auto& [id, fault_class] : contract.classes) {
    numbers[{id, {}}];
    for (const Service& service : contract.services) numbers[{id, service.id}];
  }
  for (const Incident& incident : seen.figures.open)
    if (incident.is_open())
      ++numbers[{known_class(contract, incident.fault_class), known_service(contract, incident.service)}]
               [static_cast<std::size_t>(incident.state)];
  auto family = sink.family(kOpen);
  for (const auto& [of, states] : numbers)
    family.add_each(
        kOpenStates, [&, &its = states](std::size_t i) { return its[i]; }, of.first, of.second);
}

void write_oldest(const Seen& seen, MetricSink& sink) {
  std::map<std::string_view, WallTime> oldest;
  for (const Incident& incident : seen.figures.open) {
    if (incident.state >= State::resolved) continue;
    const auto [place, fresh] = oldest.try_emplace(known_class(seen.contract, incident.fault_class), incident.began);
    if (!fresh && incident.began < place->second) place->second = incident.began;
  }
  auto family = sink.family(kOldest);
  for (const auto& [fault_class, began] : oldest) family.add(to_seconds(began), fault_class);
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
