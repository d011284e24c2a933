#include "notifier/collector.h"

namespace finwatch::notifier {
namespace {

constexpr MetricDesc kDeadline{
    MetricType::gauge, "finwatch_sla_deadline_timestamp_seconds",
    "When a clock that has not stopped uses up what is promised, or did; of open incidents, the 50 nearest to now.", "incident",
    "clock"};
constexpr MetricDesc kPaused{MetricType::gauge, "finwatch_sla_clock_paused",
                             "Whether time does not count for that clock now: maintenance, or outside business hours.",
                             "incident", "clock"};
constexpr MetricDesc kLimit{MetricType::gauge, "finwatch_sla_limit_seconds",
                            "What the contract promises, in seconds; also a bucket of finwatch_incident_seconds.",
                            "fault_class", "clock"};

const std::vector<MetricRef> kMetrics = {kDeadline, kPaused, kLimit, counted::kIncidentSeconds, counted::kBreaches};

void write_limits(const Contract& contract, MetricSink& sink) {
  auto family = sink.family(kLimit);
  for (const auto& [id, fault_class] : contract.classes) {
    const auto one = [&, &its_id = id](ClockKind kind, const std::optional<nanoseconds>& limit) {
      if (limit) family.add(std::chrono::duration<double>(*limit).count(), its_id, clock_label(kind));
    };
    one(ClockKind::answer, fault_class.answer);
    one(ClockKind::first_diagnosis, fault_class.first_diagnosis);
    one(ClockKind::solve, fault_class.solve);
  }
}

void write(const Seen& seen, MetricSink& sink) {
  write_limits(seen.contract, sink);
  if (!seen.figures.leads) return;
  auto deadlines = sink.family(kDeadline);
  for (const auto& [incident, clock] : seen.figures.open.clocks)
    deadlines.add(to_seconds(clock.deadline), incident, clock_label(clock.kind));
  auto paused = sink.family(kPaused);
  for (const auto& [incident, clock] : seen.figures.open.clocks) paused.add(clock.paused, incident, clock_label(clock.kind));
  write_histogram(sink, seen, counted::kIncidentSeconds);
  write_counter(sink, seen, counted::kBreaches);
}

}  // namespace

extern const NotifierCollector clocks_collector{
    .info = {.name = "clocks",
             .summary =
                 "Deadlines of open incidents, how long each clock ran, and promises that were broken, from the journal.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::notifier
