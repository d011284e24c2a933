#include <vector>

#include "workflow/collector.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kResidue{
    MetricType::gauge, "finwatch_flow_residue",
    "Records that the flow created and, as far as its journal knows, did not remove: look for its tag in the books.", "flow"};
constexpr MetricDesc kWrites{MetricType::gauge, "finwatch_flow_writes_today",
                             "Records that the flow created or changed since midnight of the calendar's zone.", "flow"};
constexpr MetricDesc kQuota{MetricType::gauge, "finwatch_flow_writes_per_day",
                            "How many it may, from allow.writes_per_day; it does not run beyond.", "flow"};
constexpr MetricDesc kErrors{MetricType::counter, "finwatch_flow_journal_errors_total",
                             "Lines that could not be written to the journal: a flow does not write without it."};

const std::vector<MetricRef> kMetrics = {kResidue, kWrites, kQuota, kErrors};

void write(const Seen& seen, MetricSink& sink) {
  seen.flows.read([&](const std::vector<FlowState>& flows) {
    const auto each_writer = [&](const auto& desc, auto&& number) {
      each_flow(sink, flows, desc, [&](auto& family, const FlowState& state, const std::string& name) {
        if (state.flow->mode == Mode::write) family.add(number(state), name);
      });
    };
    each_writer(kResidue, [](const FlowState& state) { return state.residue; });
    each_writer(kWrites, [](const FlowState& state) { return state.writes_today; });
    each_writer(kQuota, [](const FlowState& state) { return state.flow->grant.writes_per_day; });
  });
  sink.add(kErrors, seen.flows.journal_errors());
}

}  // namespace

extern const WorkflowCollector residue_collector{
    .info = {.name = "residue",
             .summary = "What flows that write left behind, and how much of their daily quota they used, from the journal.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::workflow
