// Incidents of the month and how fast they were answered, diagnosed and solved: what finwatch-notifier counts.
#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "rules/tool/report/gather.h"

namespace finwatch::rules {
namespace {

// What a provider took over is paid for, whatever became of it.
constexpr std::string_view kAccepted = R"({result=~"ok|accepted|sent|delivered|success"})";

// What a counter grew by, in whole incidents: Prometheus estimates the ends of the window.
Result<std::vector<Sample>> grown(const Gathering& gathering, std::string_view by, std::string_view counter) {
  const Stretch when = gathering.period.reported();
  return gathering.prometheus.at(
      "sum by (" + std::string(by) + ") (increase(" + std::string(counter) + "[" + window_of(when) + "]))", when.to);
}

double whole(double value) { return std::isfinite(value) ? std::round(value) : 0; }

ClockFigures* clock_of(Incidents& incidents, const Labels& labels) {
  const auto known = std::find(kClocks.begin(), kClocks.end(), label(labels, "clock"));
  if (known == kClocks.end()) return nullptr;
  return &incidents.classes[std::string(label(labels, "fault_class"))]
              .clocks[static_cast<std::size_t>(known - kClocks.begin())];
}

Status add_counts(const Gathering& gathering, Incidents& incidents, bool& present) {
  const auto counts = grown(gathering, "fault_class, service, outcome", "finwatch_incidents_total");
  if (!counts) return counts.error();
  present = !counts->empty();
  for (const Sample& sample : *counts) {
    const double number = whole(sample.value);
    ClassFigures& figures = incidents.classes[std::string(label(sample.labels, "fault_class"))];
    const std::string outcome(label(sample.labels, "outcome"));
    figures.incidents += number;
    if (outcome == "solved") figures.closed += number;
    if (number > 0) figures.outcomes[outcome] += number;
    if (number > 0) incidents.services[std::string(label(sample.labels, "service"))] += number;
  }
  return ok();
}

Status add_clocks(const Gathering& gathering, Incidents& incidents) {
  const auto counts = grown(gathering, "fault_class, clock", "finwatch_incident_seconds_count");
  if (!counts) return counts.error();
  for (const Sample& sample : *counts)
    if (ClockFigures* clock = clock_of(incidents, sample.labels)) clock->count = whole(sample.value);
  const auto sums = grown(gathering, "fault_class, clock", "finwatch_incident_seconds_sum");
  if (!sums) return sums.error();
  for (const Sample& sample : *sums)
    if (ClockFigures* clock = clock_of(incidents, sample.labels)) clock->sum = sample.value;
  const auto buckets = grown(gathering, "fault_class, clock, le", "finwatch_incident_seconds_bucket");
  if (!buckets) return buckets.error();
  for (const Sample& sample : *buckets) {
    const std::string_view limit = label(sample.labels, "le");
    const auto seconds = limit == "+Inf" ? std::optional(HUGE_VAL) : to_number<double>(limit);
    ClockFigures* clock = clock_of(incidents, sample.labels);
    if (clock != nullptr && seconds) clock->buckets.emplace_back(*seconds, whole(sample.value));
  }
  for (auto& [name, figures] : incidents.classes)
    for (ClockFigures& clock : figures.clocks) std::sort(clock.buckets.begin(), clock.buckets.end());
  return ok();
}

Status add_faults(const Gathering& gathering, Incidents& incidents) {
  const auto breaches = grown(gathering, "fault_class, clock", "finwatch_sla_breaches_total");
  if (!breaches) return breaches.error();
  for (const Sample& sample : *breaches)
    if (ClockFigures* clock = clock_of(incidents, sample.labels)) clock->breaches = whole(sample.value);
  const auto reopened = grown(gathering, "fault_class", "finwatch_incidents_reopened_total");
  if (!reopened) return reopened.error();
  for (const Sample& sample : *reopened)
    incidents.classes[std::string(label(sample.labels, "fault_class"))].reopened += whole(sample.value);
  return ok();
}

Status add_messages(const Gathering& gathering, Incidents& incidents) {
  const auto messages = grown(gathering, "channel", "finwatch_notifications_total" + std::string(kAccepted));
  if (!messages) return messages.error();
  for (const Sample& sample : *messages) incidents.messages[std::string(label(sample.labels, "channel"))] = whole(sample.value);
  return ok();
}

}  // namespace

Status gather_incidents(const Gathering& gathering, Figures& figures) {
  Incidents incidents;
  for (const auto& [id, fault_class] : gathering.contract.classes) incidents.classes[id];
  bool present = false;
  if (Status status = add_counts(gathering, incidents, present); !status || !present) return status;
  for (const auto part : {add_clocks, add_faults, add_messages})
    if (Status status = part(gathering, incidents); !status) return status;
  figures.incidents = std::move(incidents);
  return ok();
}

}  // namespace finwatch::rules
