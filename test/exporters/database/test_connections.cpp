#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector connections_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::connections_collector;

TEST_CASE("connections: PostgreSQL, with its reserved slots taken off") {
  FakeServer server(Engine::postgresql, 160000);
  server.answer("FROM pg_stat_activity", {"", "", "", "", "", "", ""},
                {{"nc", "nc_app", "NC \"voucher\"", "active", "30", "20", "10"},
                 {"nc", "nc_app", "", "idle in transaction", "2", "0", "0"}});
  server.answer("current_setting('max_connections')", {"", "", ""}, {{"100", "3", "5"}});
  const Collected got = read_once(connections_collector, server);
  REQUIRE(got.status);
  CHECK(
      got.samples ==
      R"(finwatch_db_connections{target="nc",engine="postgresql",database="nc",user="nc_app",application="NC \"voucher\"",state="active"} 30
finwatch_db_connections{target="nc",engine="postgresql",database="nc",user="nc_app",application="",state="idle in transaction"} 2
finwatch_db_connections_encrypted{target="nc",engine="postgresql",tls="yes"} 20
finwatch_db_connections_encrypted{target="nc",engine="postgresql",tls="no"} 10
finwatch_db_connections_used{target="nc",engine="postgresql"} 32
finwatch_db_connections_limit{target="nc",engine="postgresql"} 92
finwatch_db_connections_reserved{target="nc",engine="postgresql"} 8
finwatch_db_connections_headroom{target="nc",engine="postgresql"} 60
)");
}

TEST_CASE("connections: MySQL and MariaDB count the sessions of clients, the largest group first") {
  const auto [engine, word] = GENERATE(table<Engine, std::string>({{Engine::mysql, "mysql"}, {Engine::mariadb, "mariadb"}}));
  FakeServer server(engine, 101119);
  server.answer_sessions({{"1", "system user", kNull, "Daemon", kNull, "InnoDB purge"},
                          {"2", "event_scheduler", kNull, "Sleep", "9", ""},
                          {"3", "replica", kNull, "Binlog Dump", "900", "waiting"},
                          {"7", "monitor", kNull, "Query", "0", "starting"},
                          {"11", "nc_app", "nc", "Sleep", "60", ""},
                          {"12", "nc_app", "nc", "Sleep", "60", ""},
                          {"13", "nc_app", "nc", "Sleep", "60", ""},
                          {"14", "nc_app", "nc", "Query", "2", "Sending data"}},
                         {{"14", "0", "3"}, {"12", "0", "61"}, {"13", "0", "62"}, {"0", "0", "9000"}});
  server.answer("SHOW GLOBAL STATUS", {"", ""},
                {{"Connection_errors_max_connections", "7"}, {"Max_used_connections", "90"}, {"Threads_connected", "12"}});
  const Collected got = read_once(connections_collector, server);
  REQUIRE(got.status);
  const std::string both = "{target=\"nc\",engine=\"" + word + "\"";
  const std::string of_nc = "finwatch_db_connections" + both + ",database=\"nc\",user=\"nc_app\",application=\"\",state=\"";
  CHECK(got.samples ==
        of_nc + "idle in transaction\"} 2\n" +                                                                             //
            "finwatch_db_connections" + both + ",database=\"\",user=\"monitor\",application=\"\",state=\"active\"} 1\n" +  //
            of_nc + "active\"} 1\n" + of_nc + "idle\"} 1\n" +                                                              //
            "finwatch_db_connections_used" + both + "} 12\n" + "finwatch_db_connections_limit" + both + "} 151\n" +
            "finwatch_db_connections_reserved" + both + "} 0\n" + "finwatch_db_connections_headroom" + both + "} 139\n" +
            "finwatch_db_connections_peak" + both + "} 90\n" + "finwatch_db_connections_refused_total" + both + "} 7\n");
}

TEST_CASE("connections: a missing grant is an error, and so is a statement that the server does not know") {
  FakeServer server(Engine::postgresql, 150000);
  CHECK(read_once(connections_collector, server).status.error().code == Errc::malformed);
  server.refuse("pg_stat_activity", Errc::permission);
  CHECK(read_once(connections_collector, server).status.error().code == Errc::permission);
}
