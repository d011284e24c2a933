// What a collector of finwatch-workflow is: a name, its metrics, and how they are written from what the flows left on the boards.
//
//   constexpr MetricDesc kResidue{MetricType::gauge, "finwatch_flow_residue", "…", "flow"};
//   void write(const Seen& seen, MetricSink& sink) {
//     seen.flows.read([&](const std::vector<FlowState>& flows) {
//       each_flow(sink, flows, kLag, [](auto& family, const FlowState& flow, const std::string& name) { family.add(…, name); });
//     });
//   }
//   extern const WorkflowCollector residue_collector{.info = {.name = "residue", …, .metrics = kMetrics}, .write = write};
//
// A scrape never asks a system under probe: flows run by their own schedules.
#pragma once

#include "run/collector.h"
#include "workflow/check/board.h"
#include "workflow/run/board.h"
#include "workflow/when/almanac.h"

namespace finwatch::workflow {

struct Seen {
  const FlowBoard& flows;
  const CheckBoard& checks;
  const Almanac& almanac;
  WallTime now;
};

struct WorkflowCollector {
  CollectorInfo info;
  void (*write)(const Seen& seen, MetricSink& sink) = nullptr;
};

/// One family of metrics: `write(family, state, name)` for each flow.
template <std::size_t N, class Write>
void each_flow(MetricSink& sink, const std::vector<FlowState>& flows, const MetricDesc<N>& desc, Write&& write) {
  auto family = sink.family(desc);
  for (const FlowState& state : flows) write(family, state, state.flow->name);
}

/// `write(family, name of the flow, step)` for each step of each flow's last run that was not left out.
template <std::size_t N, class Write>
void each_step(MetricSink& sink, const std::vector<FlowState>& flows, const MetricDesc<N>& desc, Write&& write) {
  each_flow(sink, flows, desc, [&](auto& family, const FlowState& state, const std::string& name) {
    if (state.recent.empty()) return;
    for (const StepReport& step : state.recent.front()->steps)
      if (step.result != StepResult::skipped) write(family, name, step);
  });
}

}  // namespace finwatch::workflow
