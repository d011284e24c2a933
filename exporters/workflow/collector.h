// What a collector of finwatch-workflow is: a name, its metrics, and how they are written from what the flows left on the boards.
//
//   constexpr MetricDesc kResidue{MetricType::gauge, "finwatch_flow_residue", "…", "flow"};
//   void write(const Seen& seen, MetricSink& sink) {
//     auto residue = sink.family(kResidue);
//     seen.flows.read([&](const std::vector<FlowState>& flows) { for (const FlowState& flow : flows) residue.add(…, flow.flow->name); });
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
  std::uint64_t journal_errors = 0;
};

struct WorkflowCollector {
  CollectorInfo info;
  void (*write)(const Seen& seen, MetricSink& sink) = nullptr;
};

}  // namespace finwatch::workflow
