#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector transactions_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::transactions_collector;

namespace {

FakeServer postgres(int version) {
  FakeServer server(Engine::postgresql, version);
  server.answer("pg_has_role", {""}, {{"t"}});
  server.answer(
      "FROM pg_stat_activity\n         WHERE backend_type", {"", "", "", "", "", "", "", "", ""},
      {{"nc-voucher", "3", "2", "1", "0", "40.5", "61.25", "12", "1"}, {"psql", "0", "0", "0", "0", "0", "5", "4.5", "1"}});
  server.answer("SELECT count(*), coalesce(extract(epoch FROM max(clock_timestamp() - prepared)), 0) FROM pg_prepared_xacts",
                {"", ""}, {{"2", "3600.5"}});
  server.answer("pg_replication_slots", {"", ""}, {{"prepared", "12"}, {"session", "7"}, {"slot", "0"}, {"walsender", "0"}});
  return server;
}

FakeServer mysql_kin(Engine engine, int version) {
  FakeServer server(engine, version);
  server.answer_sessions({{"3", "replica", kNull, "Binlog Dump", "90000", ""},
                          {"4", "system user", kNull, "Query", "90000", "applies"},
                          {"7", "monitor", kNull, "Query", "90000", ""},
                          {"11", "nc_app", "nc", "Query", "900", ""},
                          {"12", "nc_app", "nc", "Execute", "6", ""},
                          {"13", "nc_app", "nc", "Fetch", "5", ""},
                          {"14", "nc_app", "nc", "Prepare", "4", ""},
                          {"15", "nc_app", "nc", "Sleep", "800", ""},
                          {"16", "nc_app", "nc", "Sleep", "7000", ""},
                          {"17", "nc_app", "nc", "Sleep", "8000", ""}},
                         // That of 16 began after its session was seen idle; 17 has none; 0 is prepared and has no session.
                         {{"15", "0", "1200"}, {"16", "0", "0"}, {"11", "1", "900"}, {"0", "0", "9000"}, {"4", "0", "90000"}});
  server.answer(engine == Engine::mariadb ? "ENABLED = 1" : "STATUS = 'enabled'", {"NAME", "COUNT"},
                {{"trx_rseg_history_len", "51000"}});
  server.answer("SHOW GLOBAL STATUS", {"", ""}, {{"Slow_queries", "17"}});
  server.refuse("XA RECOVER", Errc::malformed);
  return server;
}

}  // namespace

TEST_CASE("transactions: PostgreSQL 12 to 18 give the same columns") {
  const int version = GENERATE(120022, 130018, 140015, 150004, 160000, 170000, 180000);
  FakeServer server = postgres(version);
  const Collected got = read_once(transactions_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples ==
        R"(finwatch_db_slow_queries_running{target="nc",engine="postgresql",application="nc-voucher",age="1s"} 3
finwatch_db_slow_queries_running{target="nc",engine="postgresql",application="nc-voucher",age="5s"} 2
finwatch_db_slow_queries_running{target="nc",engine="postgresql",application="nc-voucher",age="30s"} 1
finwatch_db_slow_queries_running{target="nc",engine="postgresql",application="nc-voucher",age="300s"} 0
finwatch_db_slow_queries_running{target="nc",engine="postgresql",application="psql",age="1s"} 0
finwatch_db_slow_queries_running{target="nc",engine="postgresql",application="psql",age="5s"} 0
finwatch_db_slow_queries_running{target="nc",engine="postgresql",application="psql",age="30s"} 0
finwatch_db_slow_queries_running{target="nc",engine="postgresql",application="psql",age="300s"} 0
finwatch_db_query_oldest_seconds{target="nc",engine="postgresql"} 40.5
finwatch_db_transaction_oldest_seconds{target="nc",engine="postgresql"} 61.25
finwatch_db_idle_in_transaction_oldest_seconds{target="nc",engine="postgresql"} 12
finwatch_db_idle_in_transaction_sessions{target="nc",engine="postgresql"} 2
finwatch_db_prepared_transactions{target="nc",engine="postgresql"} 2
finwatch_db_prepared_transaction_oldest_seconds{target="nc",engine="postgresql"} 3600.5
finwatch_db_horizon_age_transactions{target="nc",engine="postgresql",holder="prepared"} 12
finwatch_db_horizon_age_transactions{target="nc",engine="postgresql",holder="session"} 7
finwatch_db_horizon_age_transactions{target="nc",engine="postgresql",holder="slot"} 0
finwatch_db_horizon_age_transactions{target="nc",engine="postgresql",holder="walsender"} 0
)");
}

TEST_CASE("transactions: MySQL does not show prepared ones without XA_RECOVER_ADMIN, MariaDB does") {
  const auto [engine, version, word] = GENERATE(table<Engine, int, std::string>({{Engine::mysql, 80036, "mysql"},
                                                                                 {Engine::mysql, 90100, "mysql"},
                                                                                 {Engine::mariadb, 100622, "mariadb"},
                                                                                 {Engine::mariadb, 110802, "mariadb"}}));
  FakeServer server = mysql_kin(engine, version);
  const bool mariadb = engine == Engine::mariadb;
  if (mariadb) server.answer("XA RECOVER", {"formatID", "gtrid_length", "bqual_length", "data"}, {{"1", "1", "0", "a"}});
  const Collected got = read_once(transactions_collector, server);
  REQUIRE(got.status);
  const std::string both = "{target=\"nc\",engine=\"" + word + "\"";
  CHECK(got.samples == "finwatch_db_slow_queries_running" + both + ",application=\"\",age=\"1s\"} 4\n" +
                           "finwatch_db_slow_queries_running" + both + ",application=\"\",age=\"5s\"} 3\n" +
                           "finwatch_db_slow_queries_running" + both + ",application=\"\",age=\"30s\"} 1\n" +
                           "finwatch_db_slow_queries_running" + both + ",application=\"\",age=\"300s\"} 1\n" +
                           "finwatch_db_query_oldest_seconds" + both + "} 900\n" + "finwatch_db_transaction_oldest_seconds" +
                           both + "} 1200\n" + "finwatch_db_idle_in_transaction_oldest_seconds" + both + "} 800\n" +
                           "finwatch_db_idle_in_transaction_sessions" + both + "} 2\n" + "finwatch_db_undo_history_length" +
                           both + "} 51000\n" + "finwatch_db_slow_queries_total" + both + "} 17\n" +
                           (mariadb ? "finwatch_db_prepared_transactions" + both + "} 1\n" : ""));
}

TEST_CASE("transactions: the applications after the twentieth are one") {
  FakeServer server = postgres(150004);
  std::vector<std::string> names;
  for (int i = 0; i < 25; ++i) names.push_back("application-" + std::to_string(i));
  std::vector<FakeServer::Cells> rows;
  for (const std::string& name : names) rows.push_back({name.c_str(), "2", "1", "0", "0", "6", "6", "0", "0"});
  server.answer("FROM pg_stat_activity\n         WHERE backend_type", {"", "", "", "", "", "", "", "", ""}, rows);
  const Collected got = read_once(transactions_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples.find("application=\"application-19\",age=\"1s\"} 2\n") != std::string::npos);
  CHECK(got.samples.find("application-20") == std::string::npos);
  CHECK(got.samples.find("application=\"other\",age=\"1s\"} 10\n") != std::string::npos);
  CHECK(got.samples.find("application=\"other\",age=\"5s\"} 5\n") != std::string::npos);
}

TEST_CASE(
    "transactions: an account that sees only itself is told so; a lost session is an error even at the optional statement") {
  FakeServer blind(Engine::postgresql, 150004);
  blind.answer("pg_has_role", {""}, {{"f"}});
  CHECK(read_once(transactions_collector, blind).status.error().code == Errc::permission);
  FakeServer refused = mysql_kin(Engine::mariadb, 101119);
  refused.refuse("INNODB_TRX", Errc::permission);
  CHECK(read_once(transactions_collector, refused).status.error().code == Errc::permission);
  FakeServer lost = mysql_kin(Engine::mysql, 80036);
  lost.refuse("XA RECOVER", Errc::unavailable);
  CHECK(read_once(transactions_collector, lost).status.error().code == Errc::unavailable);
}
