#include "fake_flows.h"

namespace finwatch::workflow {
extern const WorkflowCollector residue_collector;

using Catch::Matchers::Contains;

TEST_CASE("residue: what flows that write left behind and may still write") {
  FakeFlows fake(kReportAndEntry, {.mode = Mode::write, .hosts = {"127.0.0.1"}, .ledgers = {"books"}, .writes_per_day = 1500});
  fake.board.set_journal_errors(3);
  fake.board.change([](std::vector<FlowState>& states) {
    states[1].residue = 2;
    states[1].writes_today = 7;
  });
  const std::string page = fake.page(residue_collector);
  CHECK_THAT(page, Contains(R"(finwatch_flow_residue{flow="entry"} 2)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_writes_today{flow="entry"} 7)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_writes_per_day{flow="entry"} 1500)"));
  CHECK_THAT(page, Contains("finwatch_flow_journal_errors_total 3"));
  CHECK_THAT(page, !Contains(R"(flow="report")"));
}

}  // namespace finwatch::workflow
