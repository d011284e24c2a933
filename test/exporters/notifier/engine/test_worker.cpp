// The engine on a journal of its own, with a channel that runs a program in place of providers.
#include "notifier/engine/worker.h"

#include <atomic>
#include <future>
#include <thread>

#include "incident/case_test.h"
#include "support/catch.h"
#include "support/collector_test.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kWebhook = R"({"version":"4","alerts":[{"status":"firing","fingerprint":"00000000000000aa",
  "startsAt":"2026-11-23T02:00:00Z","labels":{"alertname":"DatabaseDisconnected","service":"database","severity":"severe"}}]})";

struct WorkerTest {
  std::shared_ptr<Setup> a_setup(const std::string& journal = "journal.db") const {
    auto setup = std::make_shared<Setup>();
    setup->contract = finwatch::test::a_contract();
    setup->store.sqlite = folder.path(journal);
    setup->delivery.instead = ChannelKind::command;
    setup->channels.command = {"/bin/true"};
    return setup;
  }
  std::unique_ptr<notifier::Engine> start() {
    Result<std::unique_ptr<notifier::Engine>> engine = notifier::Engine::start(a_setup(), env);
    REQUIRE(engine);
    return std::move(*engine);
  }
  static Status send(notifier::Engine& engine, std::string body) {
    std::promise<Status> answer;
    engine.webhook(std::move(body), [&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }

  finwatch::test::TemporaryTree folder;
  Env env;
};

}  // namespace

TEST_CASE("engine: what was accepted is an incident, and what comes after the end is sent away") {
  WorkerTest test;
  const std::unique_ptr<notifier::Engine> engine = test.start();
  REQUIRE(WorkerTest::send(*engine, std::string(kWebhook)));
  CHECK(engine->figures().open.oldest.size() == 1);
  CHECK(WorkerTest::send(*engine, "no JSON").error().code == Errc::malformed);
  engine->stop();
  CHECK(WorkerTest::send(*engine, std::string(kWebhook)).error().code == Errc::unavailable);
}

TEST_CASE("engine: each webhook is counted by how it was answered, also where nothing could be written at once") {
  WorkerTest test;
  const std::unique_ptr<notifier::Engine> engine = test.start();
  const auto counted = [&](const std::string& result) {
    return engine->figures().counters.at({"finwatch_webhook_requests_total", "result=\"" + result + "\""});
  };
  engine->turned_away();
  engine->turned_away();
  REQUIRE(WorkerTest::send(*engine, std::string(kWebhook)));
  CHECK_FALSE(WorkerTest::send(*engine, "no JSON"));
  CHECK(counted("accepted") == 1);
  CHECK(counted("malformed") == 1);
  CHECK(counted("unauthorised") == 2);
  std::promise<void> in_round, go_on;
  engine->webhook(std::string(kWebhook), [&](const Status&) {
    in_round.set_value();
    go_on.get_future().wait();
  });
  in_round.get_future().wait();
  std::atomic<int> sent_away{0}, answered{0};
  for (int i = 0; i < 5; ++i)
    engine->webhook(std::string(16 << 20, ' '), [&](const Status& status) {
      sent_away += status.error().code == Errc::unavailable ? 1 : 0;
      ++answered;
    });
  REQUIRE(sent_away == 1);
  go_on.set_value();
  while (answered < 5) std::this_thread::yield();
  REQUIRE(WorkerTest::send(*engine, std::string(kWebhook)));
  CHECK(counted("unavailable") == 1);
}

TEST_CASE("engine: everybody who waits when it stops has an answer") {
  WorkerTest test;
  const std::unique_ptr<notifier::Engine> engine = test.start();
  constexpr int kAll = 5000;  // more than one round takes
  std::atomic<int> answered{0};
  for (int i = 0; i < kAll; ++i) engine->webhook(std::string(kWebhook), [&](const Status&) { ++answered; });
  engine->stop();
  CHECK(answered == kAll);
}

TEST_CASE("engine: while a round takes its time the setup is there, and no more waits than there is memory for") {
  WorkerTest test;
  const std::unique_ptr<notifier::Engine> engine = test.start();
  std::promise<void> in_round, go_on;
  engine->webhook(std::string(kWebhook), [&](const Status&) {
    in_round.set_value();
    go_on.get_future().wait();
  });
  in_round.get_future().wait();
  CHECK(engine->setup()->store.sqlite == test.a_setup()->store.sqlite);
  std::atomic<int> malformed{0}, sent_away{0};
  for (int i = 0; i < 5; ++i)
    engine->webhook(std::string(16 << 20, ' '),
                    [&](const Status& status) { ++(status.error().code == Errc::unavailable ? sent_away : malformed); });
  CHECK(sent_away == 1);
  go_on.set_value();
  engine->stop();
  CHECK(malformed + sent_away == 5);
}

TEST_CASE("engine: a reload takes over a contract, and never another journal") {
  WorkerTest test;
  const std::unique_ptr<notifier::Engine> engine = test.start();
  const std::shared_ptr<Setup> same = test.a_setup();
  REQUIRE(engine->apply(same));
  CHECK(engine->setup() == same);
  const Status moved = engine->apply(test.a_setup("other.db"));
  REQUIRE_FALSE(moved);
  CHECK(moved.error().code == Errc::config);
  CHECK(engine->setup() == same);
  CHECK(WorkerTest::send(*engine, std::string(kWebhook)));
}
