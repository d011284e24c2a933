// Flows as their files say, with runs put together by hand, and a page of them.
//
//   FakeFlows fake(kFlow);
//   fake.run(0).steps.push_back(…);
//   fake.page(flows_collector)
#pragma once

#include <memory>
#include <string>

#include "core/exposition.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "workflow/collector.h"
#include "workflow/flow/flow_read.h"

namespace finwatch::workflow {

/// A flow that reads, and one that writes.
inline constexpr std::string_view kReportAndEntry = R"(flows:
  - name: report
    title: {zh: 报表生成, en: Report}
    schedule: {every: 60s}
    budget: {total: 20s, slo: 1500ms}
    steps: [{id: open, http: {get: "https://127.0.0.1:1/"}}]
  - name: entry
    title: {zh: 凭证录入, en: Entry}
    mode: write
    ledger: books
    schedule: {every: 60s}
    steps: [{id: save, creates: voucher, http: {post: "http://127.0.0.1:1/"}}]
    finally: [{id: delete, removes: voucher, http: {post: "http://127.0.0.1:1/"}}]
)";

struct FakeFlows {
  test::TemporaryTree tree;
  FlowBoard board;
  CheckBoard checks;
  Almanac almanac;
  WallTime now{std::chrono::seconds{1'700'000'000}};
  std::vector<std::shared_ptr<const Flow>> flows;

  explicit FakeFlows(std::string_view text, const Grant& grant = {}) {
    tree.write("flow.yml", text);
    FlowFile file;
    file.path = tree.path("flow.yml");
    file.grant = grant;
    auto read = read_flows(file, almanac, Context{});
    if (!read) FAIL(read.error().message);
    flows = *read;
    board.change([&](std::vector<FlowState>& states) {
      for (const auto& flow : flows) {
        FlowState& state = states.emplace_back();
        state.flow = flow;
        state.refusal = flow->refusal();
      }
    });
  }

  /// A finished run on the board, which `fill` completes.
  template <class Fill>
  void add_run(std::size_t flow, Fill&& fill) {
    auto report = std::make_shared<RunReport>();
    report->flow = flows[flow];
    report->started = now;
    report->success = true;
    fill(*report);
    board.change([&](std::vector<FlowState>& states) {
      FlowState& state = states[flow];
      state.recent.push_front(report);
      state.last_run = report->started;
      ++state.runs;
      if (report->success)
        state.last_success = report->started;
      else
        ++state.failures[static_cast<std::size_t>(report->reason)];
    });
  }

  std::string page(const WorkflowCollector& row, Format format = Format::text) const {
    MetricSink sink;
    row.write({board, checks, almanac, now}, sink);
    Buffer page;
    write_page(sink, format, page);
    return std::string(page.view());
  }
};

}  // namespace finwatch::workflow
