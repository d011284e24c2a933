#include "workflow/run/flow_run.h"

#include <algorithm>

#include "run/erp.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const StepReport& step_of(const RunReport& report, std::string_view id) {
  for (const StepReport& step : report.steps)
    if (step.step->id == id) return step;
  FAIL("no step " << id);
  return report.steps.front();
}

}  // namespace

TEST_CASE("run: a voucher is saved, found, removed; every request says who asks") {
  Erp erp;
  Runs runs(erp);
  const auto report = runs.run();
  CHECK(report->message.empty());
  CHECK(report->success);
  CHECK(report->created == 1);
  CHECK(report->removed == 1);
  CHECK(erp.vouchers().empty());
  CHECK(runs.journal->leftovers("entry").empty());
  CHECK(runs.journal->writes_today("entry") == 1);
  CHECK(erp.seen() == std::vector<std::string>{"/login", "/find", "/save", "/find", "/delete"});
  CHECK_THAT(erp.last_request("/save"), Contains("PROBE entry " + report->run_id));
  CHECK_THAT(erp.last_request("/save"), Contains("traceparent: 00-" + report->trace_id + "-"));
  CHECK(step_of(*report, "delete_leftovers").result == StepResult::skipped);
  CHECK(step_of(*report, "save").status == 200);
  CHECK(report->duration > 0ns);
}

TEST_CASE("run: a save that was refused needs no removing") {
  Erp erp;
  erp.set("save", "refuse");
  Runs runs(erp);
  const auto report = runs.run();
  CHECK(!report->success);
  CHECK(report->reason == Reason::data);
  CHECK_THAT(step_of(*report, "save").excerpt, Contains("closed period"));
  CHECK(step_of(*report, "delete").result == StepResult::skipped);
  CHECK(runs.journal->leftovers("entry").empty());
}

TEST_CASE("run: a save whose answer never came is found and removed in the same run") {
  Erp erp;
  erp.set("save", "hang");
  Runs runs(erp);
  const auto report = runs.run();
  CHECK(report->reason == Reason::timeout);
  CHECK(step_of(*report, "delete").result == StepResult::ok);
  CHECK(erp.vouchers().empty());
  CHECK(runs.journal->leftovers("entry").empty());
}

TEST_CASE("run: what could not be removed stays in the journal, and the next run sweeps it") {
  Erp erp;
  Runs runs(erp);
  erp.set("delete", "fail");
  const auto first = runs.run();
  CHECK(!first->success);
  CHECK(first->reason == Reason::cleanup);
  REQUIRE(runs.journal->leftovers("entry").size() == 1);
  CHECK(runs.journal->leftovers("entry")[0].id == "41");

  const auto second = runs.run();  // nothing new is made while what is old cannot be removed
  CHECK(second->reason == Reason::status);
  CHECK(erp.vouchers().size() == 1);
  const auto seen = erp.seen();
  CHECK(std::count(seen.begin(), seen.end(), "/save") == 1);

  erp.set("delete", "");
  const auto third = runs.run();
  CHECK(third->success);
  CHECK(step_of(*third, "delete_leftovers").result == StepResult::ok);
  CHECK(erp.vouchers().empty());
  CHECK(runs.journal->leftovers("entry").empty());
}

TEST_CASE("run: after a refused login nothing else is sent, and no secret is shown") {
  Erp erp;
  erp.set("login", "refuse");
  Runs runs(erp);
  const auto report = runs.run();
  CHECK(report->reason == Reason::authentication);
  CHECK(erp.seen() == std::vector<std::string>{"/login"});
  CHECK_THAT(step_of(*report, "login").excerpt, Contains("wrong password ****"));
  CHECK_THAT(report->message, !Contains("s3cret"));
}

TEST_CASE("run: a session is kept, and renewed in the run that finds it ended") {
  Erp erp;
  Runs runs(erp, changed(kEntry, "keep: 0s", "keep: 15m"));
  CHECK(runs.run()->success);
  const auto second = runs.run();
  CHECK(second->success);
  CHECK(second->session_reused);
  const auto logins = [&] {
    const auto seen = erp.seen();
    return std::count(seen.begin(), seen.end(), "/login");
  };
  CHECK(logins() == 1);
  erp.forget_sessions();
  const auto third = runs.run();
  CHECK(third->success);
  CHECK(!third->session_reused);
  CHECK(logins() == 2);
}

TEST_CASE("run: nothing is sent to a host that is not allowed") {
  Erp erp;
  Runs runs(erp, changed(kEntry, "${url}/save", "http://localhost:1/save"));
  const auto report = runs.run();
  CHECK(!report->success);
  CHECK_THAT(report->message, Contains("nothing may be sent to localhost:1"));
  CHECK(runs.journal->leftovers("entry").empty());  // it cannot have been made
}

TEST_CASE("run: a write is not sent when the journal cannot be written") {
  Erp erp;
  Runs runs(erp);
  runs.machines.journal = nullptr;
  const auto report = runs.run();
  CHECK(!report->success);
  CHECK_THAT(report->message, Contains("journal"));
  const auto seen = erp.seen();
  CHECK(std::count(seen.begin(), seen.end(), "/save") == 0);
}

TEST_CASE("run: a step is repeated until it says what it should, and no longer than it may") {
  const std::string ready = R"(      - id: wait_until_ready
        effect: read
        repeat: {every: 10ms, most: 4}
        http: {get: "${url}/ready", bearer: "${token}"}
        expect: [{json: /ready, eq: true}]
      - id: save
)";
  Erp erp;
  Runs runs(erp, changed(kEntry, "      - id: save\n", ready));
  const auto report = runs.run();
  CHECK(report->success);
  CHECK(step_of(*report, "wait_until_ready").attempts == 3);
  const StepReport& waited = step_of(*report, "wait_until_ready");
  CHECK(waited.attempt_begun >= waited.begun + std::chrono::milliseconds{20});  // two pauses
  CHECK(waited.attempt_begun + waited.phases.total() <= waited.begun + waited.duration);
  Erp slow;
  Runs impatient(slow, changed(changed(kEntry, "      - id: save\n", ready), "most: 4", "most: 2"));
  const auto failed = impatient.run();
  CHECK(failed->reason == Reason::assertion);
  CHECK(step_of(*failed, "wait_until_ready").attempts == 2);
}

TEST_CASE("run: another product is not a failure, unless it was the right one before") {
  const std::string text =
      changed(kEntry, "    login:\n",
              "    login:\n      - {id: product, self_test: true, effect: read, http: {get: \"${url}/other\"}}\n");
  Erp erp;
  Runs runs(erp, text);
  CHECK(runs.run(false)->reason == Reason::authentication);  // 401: something of ours refuses, which is a failure
  const std::string expects =
      changed(text, "http: {get: \"${url}/other\"}", "http: {get: \"${url}/login\"}, expect: [{json: /product, exists: true}]");
  Runs others(erp, expects);
  const auto report = others.run(false);
  CHECK(report->unsupported);
  CHECK(!others.run(true)->unsupported);
}

TEST_CASE("run: cut off in the middle it still cleans up") {
  Erp erp;
  erp.set("save", "hang");
  Runs runs(erp, slow_saves("60s"));
  std::shared_ptr<const RunReport> got;
  FlowRun run(runs.machines, runs.flow);
  run.start(runs.session, true, [&](const auto& report) { got = report; });
  runs.net.run_until([&] { return !erp.vouchers().empty(); });
  run.stop();
  runs.net.run_until([&] { return got != nullptr; });
  REQUIRE(got);
  CHECK(!got->success);
  CHECK(erp.vouchers().empty());
  CHECK(runs.journal->leftovers("entry").empty());
}
