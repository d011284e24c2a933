#include "workflow/run/engine.h"

#include <algorithm>
#include <thread>

#include "run/erp.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

std::string often(std::string_view text = kEntry) { return changed(text, "every: 60s", "every: 1s"); }

struct Running {
  explicit Running(Runs& its_runs) : runs(its_runs), engine(its_runs.machines, board) { engine.apply({runs.flow}, nullptr); }

  FlowState state() const {
    FlowState copy;
    board.read([&](const std::vector<FlowState>& flows) { copy = flows.at(0); });
    return copy;
  }
  template <class Done>
  bool until(Done done) {
    return runs.net.run_until([&] { return done(state()); });
  }

  Runs& runs;
  FlowBoard board;
  FlowEngine engine;
};

}  // namespace

TEST_CASE("engine: runs by the schedule, counts, and keeps what the last runs saw") {
  Erp erp;
  Runs runs(erp, often());
  Running running(runs);
  REQUIRE(running.until([](const FlowState& state) { return state.runs >= 3; }));
  const FlowState state = running.state();
  CHECK(state.recent.size() == state.runs);
  CHECK(state.durations.count == state.runs);
  CHECK(state.residue == 0);
  CHECK(state.writes_today == static_cast<int>(state.runs));
  CHECK(state.recent[0]->started > state.recent[1]->started);
  CHECK(state.supported == true);
}

TEST_CASE("engine: counters and kept sessions live through a new configuration") {
  Erp erp;
  Runs runs(erp, changed(often(), "keep: 0s", "keep: 15m"));
  Running running(runs);
  REQUIRE(running.until([](const FlowState& state) { return state.runs >= 2 && !state.running; }));
  const std::uint64_t before = running.state().runs;
  running.engine.apply({runs.flow}, nullptr);
  CHECK(running.state().runs == before);
  REQUIRE(running.until([&](const FlowState& state) { return state.runs > before; }));
  const auto seen = erp.seen();
  CHECK(std::count(seen.begin(), seen.end(), "/login") == 1);
  running.engine.apply({}, nullptr);
  running.board.read([](const std::vector<FlowState>& flows) { CHECK(flows.empty()); });
}

TEST_CASE("engine: a refused login is not tried again at once") {
  Erp erp;
  erp.set("login", "refuse");
  Runs runs(erp, often());
  Running running(runs);
  REQUIRE(running.until([](const FlowState& state) { return state.runs == 1; }));
  CHECK(running.state().held_until > runs.net.loop.wall_now() + 50s);
  const SteadyTime end = runs.net.in(2s);
  while (runs.net.loop.now() < end) runs.net.loop.run_once(end);
  CHECK(running.state().runs == 1);
  CHECK(erp.seen() == std::vector<std::string>{"/login"});
}

TEST_CASE("engine: a quota that is used up stops the writing and nothing else") {
  Erp erp;
  Runs runs(erp, often());
  for (int i = 0; i < 99; ++i) REQUIRE(runs.journal->change("entry", "earlier"));
  Running running(runs);
  REQUIRE(running.until([](const FlowState& state) { return state.quota_reached; }));
  CHECK(running.state().runs == 1);  // the hundredth write
  const auto seen = erp.seen();
  CHECK(std::count(seen.begin(), seen.end(), "/save") == 1);
}

TEST_CASE("engine: ends when what runs has cleaned up") {
  Erp erp;
  erp.set("save", "hang");
  Runs runs(erp, often(slow_saves("60s")));
  Running running(runs);
  REQUIRE(running.until([&](const FlowState&) { return !erp.vouchers().empty(); }));
  bool ended = false;
  running.engine.stop([&] { ended = true; });
  REQUIRE(running.until([&](const FlowState&) { return ended; }));
  CHECK(erp.vouchers().empty());
  CHECK(running.engine.running() == 0);
}

TEST_CASE("engine: a run of the configuration before ends before the next one begins") {
  Erp erp;
  erp.set("save", "hang");
  Runs runs(erp, often(slow_saves("2500ms")));
  Running running(runs);
  REQUIRE(running.until([&](const FlowState&) { return !erp.vouchers().empty(); }));
  running.engine.apply({runs.flow}, nullptr);
  const SteadyTime end = runs.net.in(2s);
  while (runs.net.loop.now() < end && !erp.vouchers().empty()) runs.net.loop.run_once(end);
  const auto seen = erp.seen();
  CHECK(std::count(seen.begin(), seen.end(), "/save") == 1);
  REQUIRE(running.until([](const FlowState& state) { return state.runs > 0; }));
}

namespace {

std::string twenty_flows() {
  std::string text = "parameters: {url: {}}\nsecrets: [password]\nflows:\n";
  for (int i = 0; i < 20; ++i)
    text += "  - {name: flow" + std::to_string(i) +
            ", title: {zh: 登录页, en: Login page}, schedule: {every: 1s}, steps: [{id: open, effect: read, http: {post: "
            "\"${url}/login\"}}]}\n";
  return text;
}

// Flows that the loop could not start for longer than their interval, so that all are due.
struct Crowd {
  Crowd() {
    engine.apply(runs.flows, nullptr);
    std::this_thread::sleep_for(1100ms);
  }
  std::size_t begun() const {
    std::size_t count = engine.running();
    board.read([&](const std::vector<FlowState>& states) {
      for (const FlowState& state : states) count += state.runs;
    });
    return count;
  }

  Erp erp;
  Runs runs{erp, twenty_flows()};
  FlowBoard board;
  FlowEngine engine{runs.machines, board};
};

}  // namespace

TEST_CASE("engine: of flows that are due at one moment one begins a round, and all have their turn") {
  Crowd crowd;
  const SteadyTime end = crowd.runs.net.in(20s);
  while (crowd.begun() < crowd.runs.flows.size() && crowd.runs.net.loop.now() < end) {
    const std::size_t before = crowd.begun();
    crowd.runs.net.loop.run_once(end);
    CHECK(crowd.begun() <= before + 1);
  }
  CHECK(crowd.begun() >= crowd.runs.flows.size());
}

TEST_CASE("engine: flows that wait for their turn are forgotten by a new configuration and by the end") {
  Crowd crowd;
  const SteadyTime end = crowd.runs.net.in(20s);
  while (crowd.begun() < 3) crowd.runs.net.loop.run_once(end);
  crowd.engine.apply({crowd.runs.flows.back()}, nullptr);
  REQUIRE(crowd.runs.net.run_until([&] { return crowd.begun() >= 2 && crowd.engine.running() == 0; }));
  bool ended = false;
  crowd.engine.stop([&] { ended = true; });
  CHECK(ended);
}

TEST_CASE("engine: a flow that is not granted never runs") {
  Erp erp;
  Runs runs(erp, often());
  auto refused = std::make_shared<Flow>();
  refused->name = "refused";
  refused->mode = Mode::write;
  refused->schedule = runs.flow->schedule;
  Running running(runs);
  running.engine.apply({refused}, nullptr);
  const SteadyTime end = runs.net.in(1500ms);
  while (runs.net.loop.now() < end) runs.net.loop.run_once(end);
  CHECK(running.state().runs == 0);
  CHECK(!running.state().refusal.empty());
}
