// Two notifiers on one PostgreSQL. Waiting for a lease to end is the server's: pg_sleep, by the clock that decides.
#include <thread>

#include "engines.h"

namespace finwatch::notifier::test {
namespace {

using Catch::Matchers::Contains;

void sleep_there(const PostgresEngine& engine, double seconds) {
  SqlTable rows;
  must(must(engine.database(Access::read))->query("SELECT pg_sleep(" + std::to_string(seconds) + ")", rows));
}

/// Statements of somebody else's session.
SqlTable ask(const PostgresEngine& engine, const std::string& statement) {
  SqlTable rows;
  must(must(engine.database())->query(statement, rows));
  return rows;
}

/// A database of which some answers get lost.
class Lossy final : public Database {
 public:
  enum class Loss : unsigned char { none, before, after, after_and_server };
  Lossy(std::unique_ptr<Database> inner, Loss& loss) : inner_(std::move(inner)), loss_(loss) {}

  Dialect dialect() const override { return inner_->dialect(); }
  Status query(const std::string& statement, SqlTable& rows) override {
    if (gone_) return {Errc::unavailable, "nobody answers"};
    return inner_->query(statement, rows);
  }
  Status execute(const std::string& statements) override { return inner_->execute(statements); }
  Status begin(Access access) override { return inner_->begin(access); }
  Status commit() override { return inner_->commit(); }
  void rollback() override { inner_->rollback(); }
  Status write(const std::string& statements) override {
    const Loss loss = std::exchange(loss_, Loss::none);
    in_doubt_ = loss != Loss::none;
    gone_ = loss == Loss::after_and_server;
    if (loss == Loss::before) return {Errc::unavailable, "the session is lost"};
    const Status status = inner_->write(statements);
    return in_doubt_ ? Status{Errc::unavailable, "the session is lost"} : status;
  }
  bool in_doubt() const override { return in_doubt_; }
  Result<std::int64_t> bytes() override { return inner_->bytes(); }
  void come_back() { gone_ = false; }

 private:
  std::unique_ptr<Database> inner_;
  Loss& loss_;
  bool in_doubt_ = false, gone_ = false;
};

}  // namespace

#define LEASE_TEST(body, name)                           \
  static void body(const PostgresEngine& engine);        \
  TEST_CASE("store: lease: " name, "[.postgres]") {      \
    if (PostgresEngine::there()) body(PostgresEngine{}); \
  }                                                      \
  static void body([[maybe_unused]] const PostgresEngine& engine)

LEASE_TEST(one_leads, "one leads and the other waits") {
  const auto a = must(engine.open("a:1")), b = must(engine.open("b:1"));
  CHECK(must(a->leader()).empty());
  const Status early = a->commit({.incidents = {incident_of(1)}});
  REQUIRE_FALSE(early);
  CHECK(early.error().code == Errc::permission);
  CHECK(must(a->lead(hours{1})));
  CHECK_FALSE(must(b->lead(hours{1})));
  CHECK(must(a->lead(hours{1})));
  CHECK(must(b->leader()) == "a:1");
  must(a->commit({.incidents = {incident_of(1)}}));
  const Status other = b->commit({.incidents = {incident_of(2)}});
  REQUIRE_FALSE(other);
  CHECK(other.error().code == Errc::permission);
  const auto removed = b->remove_closed(at(0), 10, [](std::string_view) { return ok(); });
  REQUIRE_FALSE(removed);
  CHECK(removed.error().code == Errc::permission);
  // What the other accepts goes by the inbox, and leaves it in the leader's commit.
  must(b->post("webhook", "{}", at(1)));
  const auto posted = must(a->posted(10));
  REQUIRE(posted.size() == 1);
  must(a->commit({.incidents = {incident_of(2)}, .consumed = {posted[0].sequence}}));
  CHECK(must(b->posted(10)).empty());
  // Given up, it is free at once.
  must(a->resign());
  CHECK(must(b->leader()).empty());
  CHECK(must(b->lead(hours{1})));
  CHECK_FALSE(must(a->lead(hours{1})));
  CHECK(must(b->load(at(0), at(0))).incidents.size() == 2);
  must(a->resign());  // not ours any more: nothing happens
  CHECK(must(b->leader()) == "b:1");
}

LEASE_TEST(old_leader, "an old leader is refused and nothing of it is there") {
  const auto a = must(engine.open("a:1")), b = must(engine.open("b:1"));
  CHECK(must(a->lead(milliseconds{300})));
  sleep_there(engine, 0.4);
  CHECK(must(a->leader()).empty());
  // Over, though nobody took it: the commit would be nobody's.
  const Status over = a->commit({.incidents = {incident_of(1)}});
  REQUIRE_FALSE(over);
  CHECK(over.error().code == Errc::permission);
  CHECK_THAT(over.error().message, Contains("the lease is not ours any more"));
  CHECK(must(b->lead(hours{1})));
  must(b->commit({.incidents = {incident_of(5)}}));
  const Status late = a->commit({.incidents = {incident_of(5, State::closed), incident_of(6)},
                                 .alerts = {alert_of("aa", 6)},
                                 .timeline = {entry_of(6, "fired")},
                                 .deliveries = {delivery_of(1, 6)},
                                 .counters = {{{"a_total", ""}, 1}}});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Errc::permission);
  const auto reader = must(engine.reader());
  CHECK(rows_of(*reader, 6) == 0);
  CHECK(must(reader->incident(5))->state == State::received);
  CHECK(must(reader->load(at(0), at(0))).counters.empty());
  CHECK_FALSE(must(a->lead(hours{1})));
  must(b->commit({.incidents = {incident_of(7)}}));
}

LEASE_TEST(lost, "who lost it hears so once though it is free again") {
  const auto a = must(engine.open("a:1")), b = must(engine.open("b:1"));
  CHECK(must(a->lead(milliseconds{100})));
  sleep_there(engine, 0.2);
  CHECK(must(a->lead(milliseconds{100})));  // late, but nobody led in between
  sleep_there(engine, 0.2);
  CHECK(must(b->lead(hours{1})));
  must(b->commit({.incidents = {incident_of(1)}}));
  must(b->resign());
  CHECK_FALSE(must(a->lead(hours{1})));  // what it knows is old
  CHECK(must(a->lead(hours{1})));
  CHECK(must(a->load(at(0), at(0))).incidents.size() == 1);
  must(a->commit({.incidents = {incident_of(2)}}));
  CHECK(ask(engine, "SELECT epoch FROM lease").text(0, 0) == "3");
}

LEASE_TEST(restarted, "after a restart the same instance need not wait") {
  const auto before = must(engine.open("a:1")), again = must(engine.open("a:1"));
  CHECK(must(before->lead(hours{1})));
  CHECK(must(again->lead(hours{1})));
  CHECK(before->commit({.incidents = {incident_of(1)}}).error().code == Errc::permission);
  CHECK_FALSE(must(before->lead(hours{1})));
  CHECK_FALSE(must(before->lead(hours{1})));  // two of one name do not throw each other out for ever
  must(again->commit({.incidents = {incident_of(1)}}));
  REQUIRE_FALSE(engine.open(""));
}

LEASE_TEST(many, "many that want it and one gets it") {
  std::vector<std::unique_ptr<Store>> stores;
  for (int i = 0; i < 6; ++i) stores.push_back(must(engine.open("host" + std::to_string(i))));
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> leaders = 0;
    std::vector<std::thread> threads;
    for (const auto& store : stores)
      threads.emplace_back([&] {
        const auto leads = store->lead(hours{1});
        if (leads && *leads) ++leaders;
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(leaders == 1);
    for (const auto& store : stores) must(store->resign());
  }
}

LEASE_TEST(together, "two that start together make the tables once") {
  std::vector<std::unique_ptr<Database>> databases;
  for (int i = 0; i < 4; ++i) databases.push_back(must(engine.database()));
  std::atomic<int> opened = 0;
  std::vector<std::thread> threads;
  for (auto& database : databases)
    threads.emplace_back([&] {
      if (open_journal(std::move(database), {.instance = "host:" + std::to_string(threads.size())})) ++opened;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(opened == 4);
}

LEASE_TEST(lost_answer, "a commit whose answer got lost is there once") {
  Lossy::Loss loss = Lossy::Loss::none;
  auto owned = std::make_unique<Lossy>(must(engine.database()), loss);
  Lossy& lossy = *owned;
  const auto store = must(open_journal(std::move(owned), {.instance = "a:1"}));
  REQUIRE(must(store->lead(hours{1})));
  const auto epoch = [&] { return std::string(ask(engine, "SELECT epoch FROM lease").text(0, 0)); };

  loss = Lossy::Loss::after;
  must(store->commit({.timeline = {entry_of(1, "fired")}}));
  CHECK(must(store->timeline(1, 10)).size() == 1);
  CHECK(epoch() == "1");
  // Nothing had arrived: a new epoch shuts the door for it, and it is said again.
  loss = Lossy::Loss::before;
  must(store->commit({.timeline = {entry_of(1, "classified")}}));
  CHECK(must(store->timeline(1, 10)).size() == 2);
  CHECK(epoch() == "2");
  must(store->commit({.timeline = {entry_of(1, "assigned")}}));

  // It is there, and the server is gone: the casebook must begin anew from what is on disk.
  loss = Lossy::Loss::after_and_server;
  const Status unknown = store->commit({.timeline = {entry_of(1, "acknowledged")}});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Errc::unavailable);
  CHECK_THAT(unknown.error().message, Contains("not known"));
  lossy.come_back();
  CHECK(store->commit({.timeline = {entry_of(1, "note")}}).error().code == Errc::permission);
  CHECK_FALSE(must(store->lead(hours{1})));
  CHECK(must(store->lead(hours{1})));
  CHECK(must(store->timeline(1, 10)).size() == 4);
  must(store->commit({.timeline = {entry_of(1, "note")}}));
  CHECK(must(store->timeline(1, 10)).size() == 5);
}

LEASE_TEST(ended_sessions, "sessions that the server ends are opened anew") {
  const auto store = engine.leading();
  const std::string others = " FROM pg_stat_activity WHERE application_name = 'finwatch-notifier' AND pid <> pg_backend_pid()";
  for (int round = 0; round < 3; ++round) {
    ask(engine, "SELECT pg_terminate_backend(pid)" + others);
    must(store->commit({.timeline = {entry_of(1, "note")}}));
    ask(engine, "SELECT pg_terminate_backend(pid)" + others);
    CHECK(must(store->timeline(1, 10)).size() == static_cast<std::size_t>(round + 1));
  }
  // Ended in the middle of a commit, which waits behind somebody's lock.
  const auto holder = must(engine.database());
  must(holder->begin(Access::write));
  must(holder->execute("LOCK TABLE counters;"));
  std::thread writer([&] { must(store->commit({.timeline = {entry_of(2, "fired")}, .counters = {{{"a_total", ""}, 1}}})); });
  const std::string waiting = "SELECT pid" + others + " AND wait_event_type = 'Lock'";
  const auto looker = must(engine.database());
  SqlTable rows;
  while (rows.rows() == 0) must(looker->query(waiting, rows));
  must(looker->query("SELECT pg_terminate_backend(" + std::string(rows.text(0, 0)) + ")", rows));
  holder->rollback();
  writer.join();
  CHECK(must(store->timeline(2, 10)).size() == 1);
}

LEASE_TEST(no_server, "a server that is not there or not ours") {
  PostgresOptions options{.address = PostgresEngine::address()};
  const int port = options.address.port;
  options.address.port = 1;
  auto opened = open_postgres(options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::unavailable);
  CHECK_THAT(opened.error().message, Contains("PostgreSQL at ") && Contains(":1: ") && Contains("is it started"));
  options.address.port = port;
  options.address.user = "stranger";
  options.address.password = Secret("hunter2hunter2");
  opened = open_postgres(options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::permission);
  CHECK_THAT(opened.error().message, Contains("pg_hba.conf") && !Contains("hunter2"));
  options.address.engine = Engine::mariadb;
  CHECK(open_postgres(options).error().code == Errc::config);
}

LEASE_TEST(no_right, "a user who may not make the schema is told what to say") {
  ask(engine, "DROP ROLE IF EXISTS plain_user");
  ask(engine, "CREATE ROLE plain_user LOGIN PASSWORD 'plain'");
  PostgresOptions options{.address = PostgresEngine::address(), .schema = engine.schema + "_own"};
  options.address.user = "plain_user";
  options.address.password = Secret("plain");
  const auto opened = open_postgres(options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::permission);
  CHECK_THAT(opened.error().message, Contains("CREATE SCHEMA " + options.schema + " AUTHORIZATION \"plain_user\""));
  ask(engine, "CREATE SCHEMA " + options.schema + " AUTHORIZATION plain_user");
  {
    const auto store = must(open_journal(must(open_postgres(options)), {.instance = "a:1"}));
    CHECK(must(store->lead(seconds{30})));
    must(store->commit({.incidents = {incident_of(1)}}));
  }
  ask(engine, "DROP SCHEMA " + options.schema + " CASCADE");
  ask(engine, "DROP ROLE plain_user");
}

}  // namespace finwatch::notifier::test
