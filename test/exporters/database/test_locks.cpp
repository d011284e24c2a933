#include "database/targets/lock_page.h"
#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector locks_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::locks_collector;
using finwatch::database::picture_of;

namespace {

constexpr const char* kNothing = R"(finwatch_db_lock_blocked_sessions{target="nc",engine="$"} 0
finwatch_db_lock_blocking_roots{target="nc",engine="$"} 0
finwatch_db_lock_wait_max_seconds{target="nc",engine="$"} 0
finwatch_db_lock_chain_depth{target="nc",engine="$"} 0
finwatch_db_lock_root_idle_in_transaction{target="nc",engine="$"} 0
)";

std::string nothing(std::string_view engine) {
  std::string text;
  for (const char c : std::string_view(kNothing)) c == '$' ? text.append(engine) : text.append(1, c);
  return text;
}

const std::vector<std::string> kFive(5), kTwo(2), kThree(3), kFour(4), kTen(10);

// A (11) sits in its transaction; B (12) and C (13) queue for its row, D (14) waits for C's.
void answer_postgres_chain(FakeServer& server) {
  server.answer("FILTER (WHERE wait_event_type = 'Lock')", kThree, {{"3", "7", "t"}});
  server.answer("pg_blocking_pids", kTwo, {{"12", "11"}, {"13", "12"}, {"14", "13"}});
  server.answer(
      "FROM pg_locks", kTen,
      {{"11", "nc", "nc_app", "NC \"voucher\"", "10.1.2.3", "idle in transaction", "60.5", kNull, kNull,
        "UPDATE nc.voucher SET amount = 100 WHERE id = 1"},
       {"12", "nc", "nc_app", "report", "10.1.2.4", "active", "50.25", "48.5", "nc.voucher", "UPDATE voucher"},
       {"13", "nc", "nc_app", "import", "10.1.2.5", "active", "47", "46", "nc.voucher", "UPDATE voucher"},
       {"14", "nc", "nc_app", "close", kNull, "active", "45", "44", "nc.balance", "UPDATE balance SET x = 'secret'"}});
}

constexpr const char* kPostgresChain = R"(finwatch_db_deadlocks_total{target="nc",engine="postgresql"} 7
finwatch_db_lock_blocked_sessions{target="nc",engine="postgresql"} 3
finwatch_db_lock_blocking_roots{target="nc",engine="postgresql"} 1
finwatch_db_lock_wait_max_seconds{target="nc",engine="postgresql"} 48.5
finwatch_db_lock_chain_depth{target="nc",engine="postgresql"} 3
finwatch_db_lock_root_idle_in_transaction{target="nc",engine="postgresql"} 1
finwatch_db_lock_root_info{target="nc",engine="postgresql",rank="1",user="nc_app",application="NC \"voucher\"",client="10.1.2.3",database="nc",table="nc.voucher",state="idle in transaction"} 1
finwatch_db_lock_root_blocked_sessions{target="nc",engine="postgresql",rank="1"} 3
finwatch_db_lock_root_wait_seconds{target="nc",engine="postgresql",rank="1"} 48.5
)";

}  // namespace

TEST_CASE("locks: PostgreSQL, nobody waits: one statement") {
  FakeServer server(Engine::postgresql, 150004);
  server.answer("FILTER (WHERE wait_event_type = 'Lock')", kThree, {{"0", kNull, "t"}});
  const Collected got = read_once(locks_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == nothing("postgresql"));
  CHECK(server.asked.size() == 1);
}

TEST_CASE("locks: PostgreSQL, three deep; when the wait began is known since 14") {
  const int version = GENERATE(120010, 130011, 140010, 150004, 160002, 170000, 180000);
  FakeServer server(Engine::postgresql, version);
  answer_postgres_chain(server);
  const Collected got = read_once(locks_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == kPostgresChain);
  REQUIRE(server.asked.size() == 3);
  CHECK(server.asked[2].find("a.pid IN (11,12,13,14)") != std::string::npos);
  CHECK((server.asked[2].find("l.waitstart") != std::string::npos) == (version >= 140000));
  CHECK((server.asked[2].find("NULL::timestamptz AS waitstart") != std::string::npos) == (version < 140000));
}

TEST_CASE("locks: the picture has the statements without their literals, as long as the reader lives") {
  FakeServer server(Engine::postgresql, 150004);
  answer_postgres_chain(server);
  {
    KeptReader reader(locks_collector);
    CHECK(picture_of("nc") == nullptr);
    REQUIRE(reader.read(server).status);
    const auto picture = picture_of("nc");
    REQUIRE(picture != nullptr);
    CHECK(picture->waiting == 3);
    REQUIRE(picture->sessions.size() == 4);
    CHECK(picture->sessions[0].statement == "UPDATE nc.voucher SET amount = ? WHERE id = ?");
    CHECK(picture->sessions[0].table == "nc.voucher");
    CHECK(picture->sessions[0].transaction_seconds == 60.5);
    CHECK_FALSE(picture->sessions[0].wait_seconds);
    CHECK(picture->sessions[3].statement == "UPDATE balance SET x = ?");
  }
  CHECK(picture_of("nc") == nullptr);
}

TEST_CASE("locks: PostgreSQL, a prepared transaction blocks; a waiter that went meanwhile has no wait") {
  FakeServer server(Engine::postgresql, 150004);
  server.answer("FILTER (WHERE wait_event_type = 'Lock')", kThree, {{"1", "0", "t"}});
  server.answer("pg_blocking_pids", kTwo, {{"12", "0"}});
  server.answer("FROM pg_locks", kTen, {});
  server.answer("pg_prepared_xacts", kThree, {{"nc", "nc_app", "86400"}});
  const Collected got = read_once(locks_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples ==
        R"(finwatch_db_deadlocks_total{target="nc",engine="postgresql"} 0
finwatch_db_lock_blocked_sessions{target="nc",engine="postgresql"} 1
finwatch_db_lock_blocking_roots{target="nc",engine="postgresql"} 1
finwatch_db_lock_chain_depth{target="nc",engine="postgresql"} 1
finwatch_db_lock_root_idle_in_transaction{target="nc",engine="postgresql"} 0
finwatch_db_lock_root_info{target="nc",engine="postgresql",rank="1",user="nc_app",application="",client="",database="nc",table="",state="prepared transaction"} 1
finwatch_db_lock_root_blocked_sessions{target="nc",engine="postgresql",rank="1"} 1
)");
}

TEST_CASE("locks: MySQL, row locks and a metadata lock; the queue's own edges are reduced") {
  const int version = GENERATE(80036, 80404, 90100);
  FakeServer server(Engine::mysql, version);
  server.answer_sessions({}, {{"12", "1", "50"}, {"13", "1", "50"}, {"14", "1", "50"}, {"11", "0", "60"}});
  server.answer("INNODB_METRICS", kTwo, {{"lock_deadlocks", "2"}, {"lock_timeouts", "9"}});
  server.answer("COUNT(DISTINCT OWNER_THREAD_ID)", kTwo, {{"2", "1"}});
  // Transaction 999 ended between the two statements.
  server.answer("performance_schema.data_lock_waits", kTwo,
                {{"112", "111"}, {"113", "111"}, {"113", "112"}, {"114", "113"}, {"114", "999"}});
  server.answer("performance_schema.data_locks", kFour,
                {{"111", "11", "", "0"},
                 {"112", "12", "nc.voucher", "1"},
                 {"113", "13", "nc.voucher", "1"},
                 {"114", "14", "nc.voucher", "1"}});
  server.answer("LOCK_STATUS = 'PENDING',", kFive,
                {{"TABLE.nc.voucher", "11", "SHARED_WRITE", "0", "nc.voucher"},
                 {"TABLE.nc.voucher", "12", "SHARED_WRITE", "0", "nc.voucher"},
                 {"TABLE.nc.voucher", "20", "SHARED_UPGRADABLE", "0", "nc.voucher"},
                 {"TABLE.nc.voucher", "20", "EXCLUSIVE", "1", "nc.voucher"},
                 {"TABLE.nc.voucher", "21", "SHARED_READ", "1", "nc.voucher"}});
  server.answer("t.PROCESSLIST_COMMAND", kTen,
                {{"11", "nc", "nc_app", "", "10.1.2.3", "idle in transaction", "60", "59", kNull, kNull},
                 {"12", "nc", "nc_app", "", "10.1.2.4", "active", "50", "48", kNull, "UPDATE voucher SET a = 1"},
                 {"13", "nc", "nc_app", "", "10.1.2.4", "active", "50", "46", kNull, "UPDATE voucher SET a = 1"},
                 {"14", "nc", "nc_app", "", "10.1.2.4", "active", "50", "44", kNull, "UPDATE voucher SET a = 1"},
                 {"20", "nc", "dba", "", "10.1.2.9", "active", kNull, "30", kNull, "ALTER TABLE voucher ADD x int"},
                 {"21", "nc", "nc_app", "", "10.1.2.4", "active", kNull, "20", kNull, "SELECT 1 FROM voucher"}});
  server.answer("session_connect_attrs", kThree, {{"11", "UPDATE voucher SET a = 7", "nc-voucher"}, {"20", "ALTER", kNull}});
  const Collected got = read_once(locks_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples ==
        R"(finwatch_db_deadlocks_total{target="nc",engine="mysql"} 2
finwatch_db_lock_timeouts_total{target="nc",engine="mysql"} 9
finwatch_db_lock_blocked_sessions{target="nc",engine="mysql"} 5
finwatch_db_lock_blocking_roots{target="nc",engine="mysql"} 1
finwatch_db_lock_wait_max_seconds{target="nc",engine="mysql"} 48
finwatch_db_lock_chain_depth{target="nc",engine="mysql"} 3
finwatch_db_lock_root_idle_in_transaction{target="nc",engine="mysql"} 1
finwatch_db_lock_root_info{target="nc",engine="mysql",rank="1",user="nc_app",application="nc-voucher",client="10.1.2.3",database="nc",table="nc.voucher",state="idle in transaction"} 1
finwatch_db_lock_root_blocked_sessions{target="nc",engine="mysql",rank="1"} 5
finwatch_db_lock_root_wait_seconds{target="nc",engine="mysql",rank="1"} 48
)");
  CHECK(server.asked.size() == 10);
}

TEST_CASE(
    "locks: MySQL, nobody waits: one statement beside those that are shared; without performance_schema there is no answer") {
  FakeServer server(Engine::mysql, 80036);
  server.answer_sessions({}, {});
  server.answer("INNODB_METRICS", kTwo, {});
  server.answer("COUNT(DISTINCT OWNER_THREAD_ID)", kTwo, {{"0", "1"}});
  const Collected got = read_once(locks_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == nothing("mysql"));
  CHECK(server.asked.size() == 5);
  server.answer("COUNT(DISTINCT OWNER_THREAD_ID)", kTwo, {{"0", "0"}});
  CHECK(read_once(locks_collector, server).status.error().code == Errc::no_data);
}

TEST_CASE("locks: MariaDB, row locks; more wait than are asked after; last statements are left out when they cannot be read") {
  FakeServer server(Engine::mariadb, 101119);
  server.answer_sessions({}, std::vector<FakeServer::Cells>(300, {"12", "1", "50"}));
  server.answer("INNODB_METRICS", kTwo, {{"lock_timeouts", "1"}});
  server.answer("SHOW GLOBAL STATUS", kTwo, {{"Innodb_deadlocks", "4"}});
  server.answer("INNODB_LOCK_WAITS", kTwo, {{"112", "111"}, {"113", "111"}, {"113", "112"}});
  server.answer("INNODB_LOCKS", kFour,
                {{"111", "11", kNull, "0"}, {"112", "12", "nc.voucher", "1"}, {"113", "13", "nc.voucher", "1"}});
  server.answer("p.TIME_MS", kTen,
                {{"11", "nc", "nc_app", "", "10.1.2.3", "idle in transaction", "60", "0", kNull, kNull},
                 {"12", "nc", "nc_app", "", "10.1.2.4", "active", "50", "48", kNull, "UPDATE voucher SET a = 1"},
                 {"13", "nc", "nc_app", "", "10.1.2.4", "active", "50", "46", kNull, "UPDATE voucher SET a = 1"}});
  server.refuse("session_connect_attrs", Errc::permission);
  const Collected got = read_once(locks_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples ==
        R"(finwatch_db_deadlocks_total{target="nc",engine="mariadb"} 4
finwatch_db_lock_timeouts_total{target="nc",engine="mariadb"} 1
finwatch_db_lock_blocked_sessions{target="nc",engine="mariadb"} 300
finwatch_db_lock_blocking_roots{target="nc",engine="mariadb"} 1
finwatch_db_lock_wait_max_seconds{target="nc",engine="mariadb"} 48
finwatch_db_lock_chain_depth{target="nc",engine="mariadb"} 2
finwatch_db_lock_root_idle_in_transaction{target="nc",engine="mariadb"} 1
finwatch_db_lock_root_info{target="nc",engine="mariadb",rank="1",user="nc_app",application="",client="10.1.2.3",database="nc",table="nc.voucher",state="idle in transaction"} 1
finwatch_db_lock_root_blocked_sessions{target="nc",engine="mariadb",rank="1"} 2
finwatch_db_lock_root_wait_seconds{target="nc",engine="mariadb",rank="1"} 48
)");
}

TEST_CASE("locks: a queue so long that its pairs are cut has one root still") {
  // Transaction 1 holds the row, 2 to 251 queue for it; the server names the last ones first.
  std::vector<std::string> words;
  std::vector<FakeServer::Cells> pairs, transactions;
  for (int id = 1; id <= 251; ++id) words.push_back(std::to_string(id));
  for (std::size_t waiter = 250; waiter > 0; --waiter)
    for (std::size_t ahead = 0; ahead < waiter && pairs.size() < 20000; ++ahead)
      pairs.push_back({words[waiter].c_str(), words[ahead].c_str()});
  for (std::size_t id = 0; id <= 250; ++id)
    transactions.push_back({words[id].c_str(), words[id].c_str(), "nc.voucher", id > 0 ? "1" : "0"});
  FakeServer server(Engine::mariadb, 101119);
  server.answer_sessions({}, std::vector<FakeServer::Cells>(250, {"12", "1", "50"}));
  server.answer("INNODB_METRICS", kTwo, {});
  server.answer("SHOW GLOBAL STATUS", kTwo, {});
  server.answer("INNODB_LOCK_WAITS", kTwo, pairs);
  server.answer("INNODB_LOCKS", kFour, transactions);
  server.answer("p.TIME_MS", kTen, {});
  server.refuse("session_connect_attrs", Errc::permission);
  KeptReader reader(locks_collector);
  REQUIRE(reader.read(server).status);
  const auto picture = picture_of("nc");
  REQUIRE(picture != nullptr);
  CHECK(picture->waiting == 250);
  REQUIRE(picture->chain.roots.size() == 1);
  CHECK(picture->chain.nodes[picture->chain.roots[0]].id == 1);
  CHECK(picture->chain.nodes[picture->chain.roots[0]].behind == 250);
}

TEST_CASE("locks: MariaDB, a metadata lock whose holder is known from the plugin, or from nowhere") {
  const bool has_plugin = GENERATE(true, false);
  FakeServer server(Engine::mariadb, 110809);
  server.answer_sessions({{"20", "dba", "nc", "Query", "30", "Waiting for table metadata lock"}}, {});
  server.answer("INNODB_METRICS", kTwo, {{"lock_timeouts", "0"}});
  server.answer("SHOW GLOBAL STATUS", kTwo, {{"Innodb_deadlocks", "0"}});
  server.refuse("performance_schema.metadata_locks", Errc::permission);
  server.answer("SELECT ID FROM information_schema.PROCESSLIST", {""}, {{"20"}});
  if (has_plugin)
    server.answer("METADATA_LOCK_INFO", kThree, {{"20", "11", "nc.voucher"}});
  else
    server.refuse("METADATA_LOCK_INFO", Errc::malformed);
  server.answer("p.TIME_MS", kTen,
                {{"11", "nc", "nc_app", "", "10.1.2.3", "idle with locks", kNull, "60", kNull, kNull},
                 {"20", "nc", "dba", "", "10.1.2.9", "active", kNull, "30.5", kNull, "ALTER TABLE voucher ADD x int"}});
  server.refuse("session_connect_attrs", Errc::permission);
  const Collected got = read_once(locks_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == std::string(R"(finwatch_db_deadlocks_total{target="nc",engine="mariadb"} 0
finwatch_db_lock_timeouts_total{target="nc",engine="mariadb"} 0
finwatch_db_lock_blocked_sessions{target="nc",engine="mariadb"} 1
finwatch_db_lock_blocking_roots{target="nc",engine="mariadb"} 1
finwatch_db_lock_wait_max_seconds{target="nc",engine="mariadb"} 30.5
finwatch_db_lock_chain_depth{target="nc",engine="mariadb"} 1
finwatch_db_lock_root_idle_in_transaction{target="nc",engine="mariadb"} )") +
                           (has_plugin ? R"(1
finwatch_db_lock_root_info{target="nc",engine="mariadb",rank="1",user="nc_app",application="",client="10.1.2.3",database="nc",table="nc.voucher",state="idle with locks"} 1
)"
                                       : R"(0
finwatch_db_lock_root_info{target="nc",engine="mariadb",rank="1",user="",application="",client="",database="",table="",state="unknown"} 1
)") +
                           R"(finwatch_db_lock_root_blocked_sessions{target="nc",engine="mariadb",rank="1"} 1
finwatch_db_lock_root_wait_seconds{target="nc",engine="mariadb",rank="1"} 30.5
)");
}

TEST_CASE("locks: what is missing is said") {
  FakeServer postgres(Engine::postgresql, 150000);
  CHECK(read_once(locks_collector, postgres).status.error().code == Errc::malformed);
  // Without pg_monitor the server shows the sessions of others, and not what they do.
  postgres.answer("FILTER (WHERE wait_event_type = 'Lock')", kThree, {{"0", "0", "f"}});
  CHECK(read_once(locks_collector, postgres).status.error().code == Errc::permission);
  for (const Engine engine : {Engine::mysql, Engine::mariadb}) {
    FakeServer server(engine, 101119);
    server.refuse("SELECT", Errc::permission);
    CHECK(read_once(locks_collector, server).status.error().code == Errc::permission);
  }
  FakeServer chain(Engine::postgresql, 150000);
  answer_postgres_chain(chain);
  chain.refuse("FROM pg_locks", Errc::timeout);
  CHECK(read_once(locks_collector, chain).status.error().code == Errc::timeout);
}
