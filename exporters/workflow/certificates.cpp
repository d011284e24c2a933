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
  seen.flows.read([&](const std::vector<FlowState>& flows) {
    each_step(sink, flows, kEnd, [](auto& family, const std::string& flow, const StepReport& step) {
      if (step.tls) family.add(to_seconds(step.tls->not_after), flow, step.step->id, step.tls->subject);
    });
    each_step(sink, flows, kEarliest, [](auto& family, const std::string& flow, const StepReport& step) {
      if (step.tls) family.add(to_seconds(step.tls->earliest_not_after), flow, step.step->id);
    });
    each_step(sink, flows, kVerified, [](auto& family, const std::string& flow, const StepReport& step) {
      if (step.tls) family.add(step.tls->verified, flow, step.step->id);
    });
  });
}

}  // namespace

extern const WorkflowCollector certificates_collector{
    .info = {.name = "certificates",
             .summary = "When the certificates that flows met end, and whether they were trusted.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::workflow
