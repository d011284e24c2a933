#include <algorithm>

#include "fake_flows.h"

namespace finwatch::workflow {
extern const WorkflowCollector flows_collector;

namespace {

using Catch::Matchers::Contains;
using std::chrono::milliseconds;

void observe_one(FakeFlows& fake, double seconds, const std::string& trace) {
  fake.board.change([&](std::vector<FlowState>& states) {
    Durations& seen = states[0].durations;
    const std::vector<double>& bounds = fake.flows[0]->buckets;
    seen.counts.resize(bounds.size());
    seen.exemplars.resize(bounds.size());
    const auto at = static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin());
    ++seen.counts[at];
    seen.exemplars[at] = {seconds, 1'700'000'000, trace};
    ++seen.count;
    seen.sum += seconds;
  });
}

}  // namespace

TEST_CASE("flows: a flow that has not run says what it is, and nothing of results") {
  FakeFlows fake(kReportAndEntry);
  const std::string page = fake.page(flows_collector);
  CHECK_THAT(page, Contains(R"(finwatch_flow_info{flow="report",title_zh="报表生成",title_en="Report",mode="read_only"} 1)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_runs_total{flow="report"} 0)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_slo_seconds{flow="report"} 1.5)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_refused{flow="report"} 0)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_refused{flow="entry"} 1)"));
  CHECK_THAT(page, !Contains("finwatch_flow_success{"));
  CHECK_THAT(page, !Contains("finwatch_flow_last_success_timestamp_seconds{"));
}

TEST_CASE("flows: the last run, the reason it failed, and counters of all") {
  FakeFlows fake(kReportAndEntry);
  fake.add_run(0, [](RunReport& run) { run.duration = milliseconds{250}; });
  fake.now += std::chrono::seconds{60};
  fake.add_run(0, [](RunReport& run) {
    run.success = false;
    run.reason = Reason::lock;
    run.duration = milliseconds{1250};
  });
  const std::string page = fake.page(flows_collector);
  CHECK_THAT(page, Contains(R"(finwatch_flow_success{flow="report"} 0)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_last_duration_seconds{flow="report"} 1.25)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_failure_reason{flow="report",reason="lock"} 1)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_failures_total{flow="report",reason="lock"} 1)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_runs_total{flow="report"} 2)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_last_run_timestamp_seconds{flow="report"} 1700000060)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_last_success_timestamp_seconds{flow="report"} 1700000000)"));
}

TEST_CASE("flows: the objective is a bucket, and a bucket carries the trace id of a run") {
  FakeFlows fake(kReportAndEntry);
  observe_one(fake, 1.4, "0123456789abcdef0123456789abcdef");
  observe_one(fake, 2.0, "ffffffffffffffffffffffffffffffff");
  const std::string page = fake.page(flows_collector, Format::open_metrics);
  CHECK_THAT(page, Contains(R"(finwatch_flow_duration_seconds_bucket{flow="report",le="1.0"} 0)"));
  CHECK_THAT(
      page,
      Contains(
          R"(finwatch_flow_duration_seconds_bucket{flow="report",le="1.5"} 1 # {trace_id="0123456789abcdef0123456789abcdef"} 1.4)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_duration_seconds_bucket{flow="report",le="2.5"} 2)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_duration_seconds_count{flow="report"} 2)"));
}

TEST_CASE("flows: another product is neither a success nor a failure") {
  FakeFlows fake(kReportAndEntry);
  fake.add_run(0, [](RunReport& run) { run.success = false, run.unsupported = true; });
  fake.board.change([](std::vector<FlowState>& states) { states[0].supported = false; });
  const std::string page = fake.page(flows_collector);
  CHECK_THAT(page, Contains(R"(finwatch_flow_supported{flow="report"} 0)"));
  CHECK_THAT(page, !Contains("finwatch_flow_success{"));
  CHECK_THAT(page, !Contains("finwatch_flow_failure_reason{"));
}

TEST_CASE("flows: starts that are left out, and releases beside each other") {
  FakeFlows fake(kReportAndEntry);
  fake.board.change([&](std::vector<FlowState>& states) {
    states[0].held_until = fake.now + std::chrono::seconds{5};
    states[0].releases = {{.release = "6.5", .runs = 10, .failures = 0, .seconds = 2.5},
                          {.release = "6.6", .runs = 2, .failures = 1}};
  });
  const std::string page = fake.page(flows_collector);
  CHECK_THAT(page, Contains(R"(finwatch_flow_held{flow="report",why="authentication"} 1)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_held{flow="entry",why="authentication"} 0)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_release_failures_total{flow="report",release="6.6"} 1)"));
  CHECK_THAT(page, Contains(R"(finwatch_flow_release_duration_seconds_total{flow="report",release="6.5"} 2.5)"));
}

}  // namespace finwatch::workflow
