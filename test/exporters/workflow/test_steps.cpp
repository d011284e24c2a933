#include "fake_flows.h"

namespace finwatch::workflow {
extern const WorkflowCollector steps_collector;

namespace {

using Catch::Matchers::Contains;
using std::chrono::milliseconds;

constexpr std::string_view kFlow = R"(flows:
  - name: report
    title: {zh: 报表生成, en: Report}
    schedule: {every: 60s}
    steps:
      - id: open
        http: {get: "http://127.0.0.1:1/"}
        export: {rows: {json: "/rows", help: lines of the report}}
      - {id: pause, wait: 10ms}
      - {id: close, http: {get: "http://127.0.0.1:1/"}}
)";

}  // namespace

TEST_CASE("steps: phases, attempts, status and exported numbers; nothing of what was left out") {
  FakeFlows fake(kFlow);
  CHECK(fake.page(steps_collector).empty());
  const Flow& flow = *fake.flows[0];
  fake.add_run(0, [&](RunReport& run) {
    StepReport open;
    open.step = &flow.steps[0];
    open.duration = milliseconds{30};
    open.phases[Phase::connect] = milliseconds{5};
    open.phases[Phase::processing] = milliseconds{25};
    open.attempts = 2;
    open.status = 200;
    open.exported = {{&flow.steps[0].exports[0], 42}};
    StepReport pause;
    pause.step = &flow.steps[1];
    pause.duration = milliseconds{10};
    pause.attempts = 1;
    StepReport close;
    close.step = &flow.steps[2];
    close.result = StepResult::skipped;
    run.steps = {open, pause, close};
  });
  const std::string page = fake.page(steps_collector);
  CHECK_THAT(page, Contains(R"(finwatch_step_success{flow="report",step="open"} 1)"));
  CHECK_THAT(page, Contains(R"(finwatch_step_duration_seconds{flow="report",step="open"} 0.03)"));
  CHECK_THAT(page, Contains(R"(finwatch_step_phase_seconds{flow="report",step="open",phase="connect"} 0.005)"));
  CHECK_THAT(page, Contains(R"(finwatch_step_phase_seconds{flow="report",step="open",phase="tls"} 0)"));
  CHECK_THAT(page, Contains(R"(finwatch_step_attempts{flow="report",step="open"} 2)"));
  CHECK_THAT(page, Contains(R"(finwatch_step_http_status{flow="report",step="open"} 200)"));
  CHECK_THAT(page, Contains(R"(finwatch_step_value{flow="report",step="open",name="rows"} 42)"));
  CHECK_THAT(page, Contains(R"(finwatch_step_duration_seconds{flow="report",step="pause"} 0.01)"));
  CHECK_THAT(page, !Contains(R"(step="pause",phase)"));
  CHECK_THAT(page, !Contains(R"(step="close")"));
}

}  // namespace finwatch::workflow
