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

struct FakeFlows {
  test::TemporaryTree tree;
  FlowBoard board;
  CheckBoard checks;
  Almanac almanac;
  WallTime now{std::chrono::seconds{1'700'000'000}};
  std::uint64_t journal_errors = 0;
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
    row.write({board, checks, almanac, now, journal_errors}, sink);
    Buffer page;
    write_page(sink, format, page);
    return std::string(page.view());
  }
};

}  // namespace finwatch::workflow
