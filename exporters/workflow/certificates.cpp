#include <string>
#include <vector>

#include "workflow/collector.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kEnd{MetricType::gauge,
                          "finwatch_certificate_not_after_timestamp_seconds",
                          "When the certificate that the step saw ends, also when it is expired or was refused.",
                          "flow",
                          "step",
                          "subject"};
constexpr MetricDesc kEarliest{MetricType::gauge, "finwatch_certificate_chain_not_after_timestamp_seconds",
                               "When the first of all certificates that the server sent ends.", "flow", "step"};
constexpr MetricDesc kVerified{MetricType::gauge, "finwatch_certificate_verified",
                               "Whether the certificate was made out to the host and signed by a trusted authority.", "flow",
                               "step"};

const std::vector<MetricRef> kMetrics = {kEnd, kEarliest, kVerified};

void write(const Seen& seen, MetricSink& sink) {
  const auto each = [&](const auto& desc, auto&& add) {
    auto family = sink.family(desc);
    seen.flows.read([&](const std::vector<FlowState>& flows) {
      for (const FlowState& state : flows)
        if (!state.recent.empty())
          for (const StepReport& step : state.recent.front()->steps)
            if (step.tls) add(family, state.flow->name, step.step->id, *step.tls);
    });
  };
  each(kEnd, [](auto& family, const std::string& flow, const std::string& step, const TlsFacts& facts) {
    family.add(to_seconds(facts.not_after), flow, step, facts.subject);
  });
  each(kEarliest, [](auto& family, const std::string& flow, const std::string& step, const TlsFacts& facts) {
    family.add(to_seconds(facts.earliest_not_after), flow, step);
  });
  each(kVerified, [](auto& family, const std::string& flow, const std::string& step, const TlsFacts& facts) {
    family.add(facts.verified, flow, step);
  });
}

}  // namespace

extern const WorkflowCollector certificates_collector{
    .info = {.name = "certificates",
             .summary = "When the certificates that flows met end, and whether they were trusted.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::workflow
