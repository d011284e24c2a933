#include "workflow/run/sql_pool.h"

#include <openssl/crypto.h>

#include <memory>
#include <optional>
#include <thread>

#include "conf/yaml.h"
#include "net/fake_server.h"
#include "run/fake_database.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::workflow;
using Catch::Matchers::Contains;
using finwatch::test::FakeDatabase;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// A thread of a pool may outlive main. The programs end with _exit(); tests return, and OpenSSL's cleaning up at exit would race with a
// thread that is within it. It hears this only before anything else begins with it.
[[maybe_unused]] const int kOpenSslOutlivesMain = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);

std::vector<SqlConnection> ledger(int most_sessions = 2) {
  SqlConnection connection{.name = "ledger", .most_sessions = most_sessions};
  connection.login.address.host = "db1";
  connection.login.address.statement_timeout_ms = 60'000;
  return {connection};
}

std::vector<SqlConnection> at_port(Engine engine, int port) {
  std::vector<SqlConnection> connections = ledger();
  connections[0].login.address = {.engine = engine, .host = "127.0.0.1", .port = port, .user = "nobody"};
  return connections;
}

struct Bench {
  explicit Bench(std::vector<SqlConnection> connections = ledger(), SqlPool::Connect connect = &FakeDatabase::connect,
                 const Clock& clock = system_clock())
      : owned(std::move(*Loop::make(clock))), pool(*owned, std::move(connections), env_with(clock), connect) {}
  static Env env_with(const Clock& clock) {
    Env env;
    env.clock = &clock;
    return env;
  }

  template <class Done>
  bool run_until(Done done) {
    const auto end = std::chrono::steady_clock::now() + minutes{1};
    while (!done() && std::chrono::steady_clock::now() < end) owned->run_once(owned->now() + seconds{1});
    return done();
  }
  SqlResult request(SqlRequest what, milliseconds most = seconds{30}) {
    std::optional<SqlResult> got;
    SqlCall call(pool);
    call.start(std::move(what), owned->now() + most, [&](SqlResult&& result) { got = std::move(result); });
    CHECK_FALSE(got);  // never inside start()
    run_until([&] { return got.has_value(); });
    return std::move(got).value();
  }
  SqlResult ask(const std::string& statement = "SELECT 1") { return request({.connection = "ledger", .statement = statement}); }

  std::unique_ptr<Loop> owned;
  SqlPool pool;
};

std::string error_of(const std::string& text) {
  const Result<Tree> tree = parse_yaml(text, "w.yml");
  REQUIRE(tree);
  const auto read = read_connections(tree->find("connections"), "connections");
  return read ? "" : read.error().message;
}

}  // namespace

TEST_CASE("sql pool: connections of the configuration, and what is wrong with them") {
  const Result<Tree> tree = parse_yaml(
      "connections:\n"
      "  ledger: {engine: postgresql, host: db1, port: 5433, user: finwatch, password: s3cret, database: tryton, tls: "
      "require,\n"
      "           statement_timeout: 20s, lock_timeout: 1s, most_sessions: 3}\n"
      "  hr: {engine: mariadb, socket: /run/mysqld/mysqld.sock, user: finwatch}\n",
      "w.yml");
  REQUIRE(tree);
  const auto read = read_connections(tree->find("connections"), "connections");
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  const SqlConnection& one = read->front();
  CHECK(one.name == "ledger");
  CHECK(one.login.address.place() == "db1:5433");
  CHECK(one.login.address.password.reveal() == "s3cret");
  CHECK(one.login.address.tls == SqlTls::require);
  CHECK(one.login.address.statement_timeout_ms == 20'000);
  CHECK(one.login.address.lock_timeout_ms == 1'000);
  CHECK(one.most_sessions == 3);
  CHECK(read->back().login.address.place() == "/run/mysqld/mysqld.sock");
  CHECK(read->back().login.address.statement_timeout_ms == 60'000);
  CHECK(read_connections(nullptr, "connections")->empty());

  CHECK_THAT(error_of("connections: {a: 1}"), Contains("w.yml:1:18: connections.a: expected a map"));
  CHECK_THAT(error_of("connections: []"), Contains("expected a map of connections"));
  CHECK_THAT(error_of("connections: {a: {user: b}}"), Contains("engine is missing"));
  CHECK_THAT(error_of("connections: {a: {engine: oracle, user: b}}"), Contains("found 'oracle'"));
  CHECK_THAT(error_of("connections: {a: {engine: mysql, user: b, statement_timeout: 1ms}}"), Contains("100ms to 24h"));
  CHECK_THAT(error_of("connections: {a: {engine: mysql, user: b, pasword_file: x}}"), Contains("did you mean"));
}

TEST_CASE("sql pool: rows come back on the loop's thread, over a session that is kept") {
  FakeDatabase database;
  database.answer("SELECT", {"id", "note"}, {{"7", nullptr}, {"8", ""}});
  Bench bench;
  std::optional<SqlResult> got;
  std::thread::id where;
  SqlCall call(bench.pool);
  call.start({.connection = "ledger", .statement = "SELECT id, note"}, bench.owned->now() + seconds{30},
             [&](SqlResult&& result) {
               where = std::this_thread::get_id();
               got = std::move(result);
             });
  REQUIRE(bench.run_until([&] { return got.has_value(); }));
  CHECK(where == std::this_thread::get_id());
  CHECK(got->ok);
  CHECK(got->connected);
  CHECK(got->remote == "db1:5432");
  CHECK(got->rows.columns == std::vector<std::string>{"id", "note"});
  REQUIRE(got->rows.cells.size() == 2);
  CHECK(got->rows.cells[0] == std::vector<std::optional<std::string>>{"7", std::nullopt});
  CHECK(got->rows.cells[1] == std::vector<std::optional<std::string>>{"8", ""});
  CHECK(got->times[Phase::connect].count() > 0);
  CHECK(got->times[Phase::processing].count() > 0);
  CHECK(got->times.total() == got->times[Phase::connect] + got->times[Phase::processing]);

  CHECK_FALSE(bench.ask("SELECT again").connected);
  CHECK(database.logins() == 1);
  CHECK(bench.pool.sessions() == 1);
  CHECK(bench.owned->timers() == 0);
}

TEST_CASE("sql pool: every failure has its reason") {
  struct Row {
    SqlReason said;
    Reason reason;
  };
  const Row kLogins[] = {{SqlReason::refused, Reason::connect},
                         {SqlReason::lost, Reason::connect},
                         {SqlReason::timeout, Reason::timeout},
                         {SqlReason::tls, Reason::tls},
                         {SqlReason::saturated, Reason::unavailable},
                         {SqlReason::permission, Reason::permission},
                         {SqlReason::version, Reason::internal},
                         {SqlReason::error, Reason::internal},
                         {SqlReason::authentication, Reason::authentication}};
  for (const Row& row : kLogins) {
    CAPTURE(to_string(row.said));
    FakeDatabase database;
    database.refuse(row.said);
    Bench bench;
    const SqlResult result = bench.ask();
    CHECK_FALSE(result.ok);
    CHECK(result.reason == row.reason);
    CHECK_FALSE(result.connected);
    CHECK_THAT(result.text, Contains("the server said no"));
  }
  FakeDatabase database;
  database.fail("locked", Errc::timeout, true);
  database.fail("slow", Errc::timeout);
  database.fail("denied", Errc::permission);
  database.fail("full", Errc::unavailable);
  database.fail("wrong", Errc::malformed);
  Bench bench;
  CHECK(bench.ask("locked").reason == Reason::lock);
  CHECK(bench.ask("slow").reason == Reason::timeout);
  CHECK(bench.ask("denied").reason == Reason::permission);
  CHECK(bench.ask("full").reason == Reason::unavailable);
  CHECK(bench.ask("wrong").reason == Reason::internal);
  CHECK(bench.ask("wrong").text == "the server's words");
  CHECK(database.logins() == 1);
  CHECK_THAT(bench.request({.connection = "ledgr", .statement = "SELECT 1"}).text, Contains("no connection 'ledgr'"));
}

TEST_CASE("sql pool: too many rows or bytes are an error, not a part of them") {
  FakeDatabase database;
  database.answer("SELECT", {"text"}, {{"12345"}, {"67890"}});
  Bench bench;
  CHECK(bench.request({.connection = "ledger", .statement = "SELECT", .most_rows = 2, .most_bytes = 10}).ok);
  const SqlResult rows = bench.request({.connection = "ledger", .statement = "SELECT", .most_rows = 1});
  CHECK_FALSE(rows.ok);
  CHECK(rows.rows.cells.empty());
  CHECK_THAT(rows.text, Contains("gave 2 rows, more than 1"));
  const SqlResult bytes = bench.request({.connection = "ledger", .statement = "SELECT", .most_bytes = 9});
  CHECK_FALSE(bytes.ok);
  CHECK(bytes.rows.cells.empty());
}

TEST_CASE("sql pool: a session that was ended while it rested is opened anew, and the statement asked again") {
  FakeDatabase database;
  database.answer("SELECT", {"x"}, {{"1"}});
  Bench bench;
  CHECK(bench.ask().ok);
  database.restart();
  const SqlResult again = bench.ask();
  CHECK(again.ok);
  CHECK(again.connected);
  CHECK(again.text.empty());
  database.restart();
  database.refuse(SqlReason::refused);
  CHECK(bench.ask().reason == Reason::connect);
}

TEST_CASE("sql pool: a connection has so many sessions, and who finds none waits until its own deadline") {
  FakeDatabase database;
  database.answer("SELECT", {"x"}, {{"1"}});
  Bench bench;
  CHECK(bench.ask().ok);
  database.freeze(true);
  std::vector<SqlResult> got;
  const auto keep = [&](SqlResult&& result) { got.push_back(std::move(result)); };
  SqlCall first(bench.pool);
  SqlCall second(bench.pool);
  SqlCall third(bench.pool);
  first.start({.connection = "ledger", .statement = "SELECT 1"}, bench.owned->now() + minutes{1}, keep);
  second.start({.connection = "ledger", .statement = "SELECT 2"}, bench.owned->now() + minutes{1}, keep);
  database.wait_for_frozen(2);
  third.start({.connection = "ledger", .statement = "SELECT 3"}, bench.owned->now() + milliseconds{20}, keep);
  REQUIRE(bench.run_until([&] { return got.size() == 1; }));
  CHECK(got[0].reason == Reason::timeout);
  CHECK_THAT(got[0].text, Contains("waiting for a free session"));
  CHECK(bench.pool.sessions() == 2);
  database.freeze(false);
  REQUIRE(bench.run_until([&] { return got.size() == 3; }));
  CHECK(got[1].ok);
  CHECK(got[2].ok);
  CHECK(database.asked().size() == 3);  // the third never came to the server
}

TEST_CASE("sql pool: what nobody waits for any more is told to nobody") {
  FakeDatabase database;
  database.answer("SELECT", {"x"}, {{"1"}});
  Bench bench(ledger(1));
  database.freeze(true);
  int told = 0;
  std::optional<SqlCall> gone(std::in_place, bench.pool);
  gone->start({.connection = "ledger", .statement = "SELECT 1"}, bench.owned->now() + minutes{1}, [&](SqlResult&&) { ++told; });
  database.wait_for_frozen(1);
  std::optional<SqlCall> waiting(std::in_place, bench.pool);
  waiting->start({.connection = "ledger", .statement = "SELECT 2"}, bench.owned->now() + minutes{1},
                 [&](SqlResult&&) { ++told; });
  gone.reset();
  waiting.reset();
  CHECK(bench.owned->timers() == 0);

  std::optional<SqlResult> got;
  SqlCall cancelled(bench.pool);
  cancelled.start({.connection = "ledger", .statement = "SELECT 3"}, bench.owned->now() + minutes{1},
                  [&](SqlResult&& result) { got = std::move(result); });
  cancelled.cancel();
  CHECK_FALSE(got);
  REQUIRE(bench.run_until([&] { return got.has_value(); }));
  CHECK(got->text == "cancelled");
  cancelled.cancel();  // nothing runs

  database.freeze(false);
  CHECK(bench.ask("SELECT 4").ok);
  CHECK(told == 0);
  CHECK(database.asked() == std::vector<std::string>{"SELECT 1", "SELECT 4"});
}

TEST_CASE("sql pool: a callback may start its call again, or destroy it") {
  FakeDatabase database;
  database.answer("SELECT", {"x"}, {{"1"}});
  Bench bench;
  int told = 0;
  auto call = std::make_unique<SqlCall>(bench.pool);
  const SqlRequest request{.connection = "ledger", .statement = "SELECT 1"};
  call->start(request, bench.owned->now() + seconds{30}, [&](SqlResult&&) {
    ++told;
    call->start(request, bench.owned->now() + seconds{30}, [&](SqlResult&&) {
      ++told;
      call.reset();
    });
  });
  REQUIRE(bench.run_until([&] { return call == nullptr; }));
  CHECK(told == 2);
}

TEST_CASE("sql pool: a refused login is tried ever more seldom, and answered at once meanwhile") {
  ManualClock clock;
  FakeDatabase database;
  database.answer("SELECT", {"x"}, {{"1"}});
  database.refuse(SqlReason::authentication);
  Bench bench(ledger(), &FakeDatabase::connect, clock);
  int tried = 0;
  for (const minutes hold : {minutes{1}, minutes{2}, minutes{4}, minutes{8}, minutes{15}, minutes{15}}) {
    CHECK(bench.ask().reason == Reason::authentication);
    CHECK(database.logins() == ++tried);
    clock.advance(hold - milliseconds{1});
    const SqlResult held = bench.ask();
    CHECK(held.reason == Reason::authentication);
    CHECK_THAT(held.text, Contains("the server said no (no login is tried for " + std::to_string(hold.count() * 60) + " s)"));
    CHECK(database.logins() == tried);
    clock.advance(milliseconds{1});
  }
  database.refuse(SqlReason::none);
  CHECK(bench.ask().ok);
  database.restart();
  database.refuse(SqlReason::authentication);
  CHECK_THAT(bench.ask().text, Contains("the server said no"));
  CHECK_THAT(bench.ask().text, Contains("for 60 s"));  // from the beginning
}

TEST_CASE("sql pool: many calls at once make one attempt of a login that is not known to be good") {
  FakeDatabase database;
  database.refuse(SqlReason::authentication);
  Bench bench(ledger(8));
  int refused = 0;
  std::vector<std::unique_ptr<SqlCall>> calls;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(std::make_unique<SqlCall>(bench.pool));
    calls.back()->start({.connection = "ledger", .statement = "SELECT 1"}, bench.owned->now() + minutes{1},
                        [&](SqlResult&& result) { refused += result.reason == Reason::authentication ? 1 : 0; });
  }
  REQUIRE(bench.run_until([&] { return refused == 20; }));
  CHECK(database.logins() == 1);
}

TEST_CASE("sql pool: the server is told to end a statement a little before we do, and once a session when it stays the same") {
  ManualClock clock;
  FakeDatabase database;
  database.answer("SELECT", {"x"}, {{"1"}});
  Bench bench(ledger(), &FakeDatabase::connect, clock);
  const auto ask = [&](milliseconds most) { CHECK(bench.request({.connection = "ledger", .statement = "SELECT"}, most).ok); };
  ask(milliseconds{4'999});
  ask(milliseconds{4'950});
  ask(milliseconds{900});
  ask(minutes{5});
  CHECK(database.limits() == std::vector<int>{60'000, 4'900, 900, 60'000});
}

TEST_CASE("sql pool: a port where nobody listens, and a server that never answers") {
  const Engine engine = GENERATE(Engine::postgresql, Engine::mariadb);
  CAPTURE(to_string(engine));
  Bench nobody(at_port(engine, 1), &connect_sql);
  const SqlResult refused = nobody.ask();
  CHECK(refused.reason == Reason::connect);
  CHECK(refused.remote == "127.0.0.1:1");

  const finwatch::test::FakeTcpServer silent([](finwatch::test::FakeConnection& peer) { peer.hang(); });
  Bench bench(at_port(engine, silent.port()), &connect_sql);
  const SqlResult late = bench.request({.connection = "ledger", .statement = "SELECT 1"}, seconds{1});
  CHECK(late.reason == Reason::timeout);
  CHECK_THAT(late.text, Contains("connecting"));  // a second is enough for the thread that connects, on a busy machine too
  CHECK(late.times[Phase::connect] > milliseconds{0});
}
