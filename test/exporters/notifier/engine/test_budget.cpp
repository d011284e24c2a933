// What a storm costs, in counts: transactions, statements and rows. No time is measured here.
#include <algorithm>
#include <future>

#include "../incident/case_test.h"
#include "../store/engines.h"
#include "notifier/engine/engine.h"
#include "notifier/engine/outbox.h"

namespace finwatch::notifier::test {
namespace {

using finwatch::test::a_contract;
using finwatch::test::CaseTest;

constexpr int kAlerts = 1000;

struct Counts {
  int writes = 0, statements = 0, queries = 0;
  bool operator==(const Counts&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << counts.writes << " writes of " << counts.statements << " statements, " << counts.queries << " queries";
}

/// A Database that is counted.
class CountingDatabase final : public Database {
 public:
  CountingDatabase(std::unique_ptr<Database> inner, Counts& counts) : inner_(std::move(inner)), counts_(counts) {}
  Dialect dialect() const override { return inner_->dialect(); }
  Status query(const std::string& statement, SqlTable& rows) override {
    ++counts_.queries;
    return inner_->query(statement, rows);
  }
  Status execute(const std::string& statements) override { return inner_->execute(statements); }
  Status begin(Access access) override { return inner_->begin(access); }
  Status commit() override { return inner_->commit(); }
  void rollback() override { inner_->rollback(); }
  Status write(const std::string& statements) override {
    ++counts_.writes;
    for (std::size_t at = 0; (at = statements.find(";\n", at)) != std::string::npos; at += 2) ++counts_.statements;
    return inner_->write(statements);
  }
  Result<std::int64_t> bytes() override { return inner_->bytes(); }

 private:
  std::unique_ptr<Database> inner_;
  Counts& counts_;
};

/// What the engine commits for one webhook.
Changes changes_of(CaseTest& test, Outbox& outbox, const std::vector<ReceivedAlert>& alerts) {
  Decisions decided = test.receive(alerts);
  for (const Delivery& message : decided.messages) outbox.add(message, test.now);
  Changes changes;
  for (const std::int64_t id : decided.changed) changes.incidents.push_back(test.incident(id));
  changes.alerts = std::move(decided.alerts);
  changes.timeline = std::move(decided.timeline);
  changes.counters = std::move(decided.counted);
  outbox.collect(changes);
  return changes;
}

std::vector<ReceivedAlert> storm(const CaseTest& test, int alerts, WallTime starts) {
  std::vector<ReceivedAlert> all;
  for (int i = 0; i < alerts; ++i) {
    all.push_back(
        test.alert("DatabaseDisconnected", {{"target", "db" + std::to_string(i)}, {"severity", "severe"}}, true, starts));
    all.back().labels_json = R"({"alertname":"DatabaseDisconnected"})";
    all.back().annotations_json = "{}";
  }
  return all;
}

std::string webhook_of(const std::vector<ReceivedAlert>& alerts) {
  std::string body = R"({"version":"4","receiver":"notifier","alerts":[)";
  for (const ReceivedAlert& alert : alerts)
    body +=
        std::string(body.ends_with('[') ? "" : ",") + R"({"status":"firing","fingerprint":")" + alert.fingerprint +
        R"(","startsAt":"2026-11-23T02:00:00Z","labels":{"alertname":"DatabaseDisconnected","severity":"light","target":")" +
        alert.label("target") + "\"}}";
  return body + "]}";
}

}  // namespace

TEST_CASE("budget: a webhook of a thousand alerts is one transaction of few statements; said again, of one") {
  SqliteEngine sqlite;
  Counts counts;
  const auto journal =
      must(open_journal(std::make_unique<CountingDatabase>(must(sqlite.database()), counts), sqlite.options("a")));
  counts = {};

  CaseTest test;
  Setup setup;
  setup.contract = test.contract;
  Outbox outbox(setup);
  const WallTime starts = test.now;
  const Changes first = changes_of(test, outbox, storm(test, kAlerts, starts));
  CHECK(first.incidents.size() == kAlerts);
  CHECK(first.alerts.size() == kAlerts);
  CHECK(first.deliveries.size() == 2 * kAlerts);  // by SMS and DingTalk
  CHECK(first.timeline.size() == 4 * kAlerts);    // received, classified, assigned, step
  REQUIRE(journal->commit(first));
  // 200 rows a statement: 5 of incidents, 5 of alerts, 20 of the timeline, 10 of deliveries, 1 of counters.
  CHECK(counts == Counts{.writes = 1, .statements = 41, .queries = 0});

  counts = {};
  test.now += std::chrono::minutes{4};
  const Changes again = changes_of(test, outbox, storm(test, kAlerts, starts));
  CHECK(again.incidents.empty());
  CHECK(again.alerts.empty());
  CHECK(again.timeline.empty());
  CHECK(again.deliveries.empty());
  CHECK(again.counters.size() == 1);  // finwatch_alerts_received_total
  REQUIRE(journal->commit(again));
  CHECK(counts == Counts{.writes = 1, .statements = 1, .queries = 0});

  // After five minutes "last said" is written down, and nothing else of them.
  counts = {};
  test.now += std::chrono::minutes{2};
  const Changes later = changes_of(test, outbox, storm(test, kAlerts, starts));
  CHECK(later.alerts.size() == kAlerts);
  CHECK(later.incidents.empty());
  REQUIRE(journal->commit(later));
  CHECK(counts == Counts{.writes = 1, .statements = 6, .queries = 0});
}

TEST_CASE("budget: the engine takes a webhook of a thousand alerts in one round, and shows what is open in numbers") {
  SqliteEngine sqlite;
  auto contract = a_contract();
  contract->channels = {};  // light faults are told by Alertmanager
  auto setup = std::make_shared<Setup>();
  setup->contract = contract;
  setup->store = sqlite.options("host1:19605");
  const auto engine = must(Engine::start(setup, Env{}));
  const CaseTest test(contract);
  const std::string body = webhook_of(storm(test, kAlerts, test.now));
  const auto said = [&] {
    auto done = std::make_shared<std::promise<Status>>();
    engine->webhook(body, [done](Status status) { done->set_value(std::move(status)); });
    return done->get_future().get();
  };
  REQUIRE(said());
  REQUIRE(said());

  const Figures figures = engine->figures();
  int open = 0;
  for (const auto& [of, states] : figures.open.groups)
    for (const int number : states) open += number;
  CHECK(open == kAlerts);
  CHECK(figures.open.clocks.size() == 50);
  engine->stop();
  const auto reader = must(sqlite.database(Access::read));
  SqlTable rows;
  // All that one commit wrote bears one instant; what was said twice is no line of its own.
  REQUIRE(reader->query("SELECT COUNT(*), COUNT(DISTINCT at) FROM timeline WHERE kind = 'received'", rows));
  CHECK(rows.text(0, 0) == std::to_string(kAlerts));
  CHECK(rows.text(0, 1) == "1");
}

}  // namespace finwatch::notifier::test
