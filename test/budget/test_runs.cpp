// What one run of a flow costs in steady state, on the thread of the loop. The bounds stand about 15 % above what was counted.
#include "budget/counting.h"
#include "run/erp.h"

using namespace finwatch;
using namespace finwatch::test;

namespace {

constexpr std::string_view kOneStep = R"(parameters: {url: {}}
secrets: [password]
flows:
  - name: open
    title: {zh: 打开, en: Open}
    schedule: {every: 60s}
    steps:
      - id: open
        http: {get: "${url}/ready", bearer: token-1}
        expect: [{status: 200}]
        extract: {ready: {json: /ready}}
)";

bool run_once(Runs& runs) {
  bool success = false;
  bool done = false;
  workflow::FlowRun one(runs.machines, runs.flow);
  one.start(runs.session, true, [&](const auto& report) {
    success = report->success;
    done = true;
  });
  return runs.net.run_until([&] { return done; }) && success;
}

}  // namespace

TEST_CASE("budget: a run of one HTTP step keeps its connection, and leaves neither timer nor watch") {
  Erp erp;
  Runs runs(erp, std::string(kOneStep));
  REQUIRE(run_once(runs));
  workflow::Loop& loop = runs.net.loop;
  const std::size_t timers = loop.timers();
  const std::size_t watches = loop.watches();
  for (int i = 0; i < 100; ++i) REQUIRE(run_once(runs));
  CHECK(loop.timers() == timers);
  CHECK(loop.watches() == watches);
  CHECK(runs.net.client.opened_sockets() == 1);
  CHECK(runs.net.resolver.questions() == 0);
}

TEST_CASE("budget: a run of one HTTP step") {
  Erp erp;
  Runs runs(erp, std::string(kOneStep));
  for (int i = 0; i < 5; ++i) REQUIRE(run_once(runs));
  constexpr int kRuns = 20;
  int well = 0;
  const Cost cost = cost_in([&] {
    for (int i = 0; i < kRuns; ++i) well += run_once(runs) ? 1 : 0;
  });
  CHECK(well == kRuns);
  CAPTURE(cost.allocations, cost.calls);
  CHECK(cost.allocations <= 120 * kRuns);  // 104, of them some 50 are curl's (7.88)
  CHECK(cost.calls <= 10 * kRuns);         // 9, and fewer when the answer is there at once
}
