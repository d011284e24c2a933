#include "fake_flows.h"

namespace finwatch::workflow {
extern const WorkflowCollector certificates_collector;

using Catch::Matchers::Contains;

TEST_CASE("certificates: a refused one has its dates as well") {
  FakeFlows fake(kReportAndEntry);
  CHECK(fake.page(certificates_collector).empty());
  fake.add_run(0, [&](RunReport& run) {
    TlsFacts facts;
    facts.subject = "CN=erp.example";
    facts.not_after = WallTime{std::chrono::seconds{1'699'000'000}};
    facts.earliest_not_after = WallTime{std::chrono::seconds{1'698'000'000}};
    StepReport open;
    open.step = &fake.flows[0]->steps[0];
    open.result = StepResult::failed;
    open.reason = Reason::tls;
    open.tls = std::make_shared<const TlsFacts>(facts);
    run.success = false;
    run.steps = {open};
  });
  const std::string page = fake.page(certificates_collector);
  CHECK_THAT(
      page,
      Contains(
          R"(finwatch_certificate_not_after_timestamp_seconds{flow="report",step="open",subject="CN=erp.example"} 1699000000)"));
  CHECK_THAT(page, Contains(R"(finwatch_certificate_chain_not_after_timestamp_seconds{flow="report",step="open"} 1698000000)"));
  CHECK_THAT(page, Contains(R"(finwatch_certificate_verified{flow="report",step="open"} 0)"));
}

}  // namespace finwatch::workflow
