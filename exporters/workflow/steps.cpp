#include <string>
#include <vector>

#include "workflow/collector.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kSuccess{MetricType::gauge, "finwatch_step_success",
                              "Whether the step succeeded in the flow's last run; none for a step that was left out.", "flow",
                              "step"};
constexpr MetricDesc kDuration{MetricType::gauge, "finwatch_step_duration_seconds",
                               "What the step took in the flow's last run, with all its attempts, in seconds.", "flow", "step"};
constexpr MetricDesc kPhase{
    MetricType::gauge,
    "finwatch_step_phase_seconds",
    "What each phase of its last attempt took, in seconds: dns, connect, tls, send, processing (to the first byte), transfer.",
    "flow",
    "step",
    "phase"};
constexpr MetricDesc kAttempts{MetricType::gauge, "finwatch_step_attempts",
                               "How often it was tried in the flow's last run: more than 1 for a step that is tried again.",
                               "flow", "step"};
constexpr MetricDesc kStatus{MetricType::gauge, "finwatch_step_http_status",
                             "Status of the last answer over HTTP; 0 when none came.", "flow", "step"};
constexpr MetricDesc kValue{MetricType::gauge,
                            "finwatch_step_value",
                            "A number that the flow file asks to show (export), as the step found it.",
                            "flow",
                            "step",
                            "name"};

const std::vector<MetricRef> kMetrics = {kSuccess, kDuration, kPhase, kAttempts, kStatus, kValue};

bool calls(const StepReport& step) { return !std::holds_alternative<WaitStep>(step.step->action); }

void write(const Seen& seen, MetricSink& sink) {
  seen.flows.read([&](const std::vector<FlowState>& flows) {
    each_step(sink, flows, kSuccess, [](auto& family, const std::string& flow, const StepReport& step) {
      family.add(step.result == StepResult::ok, flow, step.step->id);
    });
    each_step(sink, flows, kDuration, [](auto& family, const std::string& flow, const StepReport& step) {
      family.add(std::chrono::duration<double>(step.duration).count(), flow, step.step->id);
    });
    each_step(sink, flows, kPhase, [](auto& family, const std::string& flow, const StepReport& step) {
      if (!calls(step)) return;
      family.add_each(
          kPhaseNames, [&](std::size_t i) { return step.phases.seconds(static_cast<Phase>(i)); }, flow, step.step->id);
    });
    each_step(sink, flows, kAttempts, [](auto& family, const std::string& flow, const StepReport& step) {
      family.add(step.attempts, flow, step.step->id);
    });
    each_step(sink, flows, kStatus, [](auto& family, const std::string& flow, const StepReport& step) {
      if (std::holds_alternative<HttpStep>(step.step->action)) family.add(step.status, flow, step.step->id);
    });
    each_step(sink, flows, kValue, [](auto& family, const std::string& flow, const StepReport& step) {
      for (const Exported& each_one : step.exported) family.add(each_one.value, flow, step.step->id, each_one.what->name);
    });
  });
}

}  // namespace

extern const WorkflowCollector steps_collector{
    .info = {.name = "steps",
             .summary = "Success, duration, phases and exported numbers of each step in the flow's last run.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::workflow
