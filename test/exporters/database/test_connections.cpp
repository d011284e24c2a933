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

TEST_CASE("connections: MariaDB") {
  FakeServer server(Engine::mariadb, 101119);
  server.answer("PROCESSLIST", {"", "", "", "", ""}, {{"nc", "nc_app", "", "idle in transaction", "4"}});
  server.answer("max_connections", {""}, {{"151"}});
  server.answer("SHOW GLOBAL STATUS", {"", ""},
                {{"Connection_errors_max_connections", "7"}, {"Max_used_connections", "90"}, {"Threads_connected", "12"}});
  const Collected got = read_once(connections_collector, server);
  REQUIRE(got.status);
  CHECK(
      got.samples ==
      R"(finwatch_db_connections{target="nc",engine="mariadb",database="nc",user="nc_app",application="",state="idle in transaction"} 4
finwatch_db_connections_refused_total{target="nc",engine="mariadb"} 7
finwatch_db_connections_peak{target="nc",engine="mariadb"} 90
finwatch_db_connections_used{target="nc",engine="mariadb"} 12
finwatch_db_connections_limit{target="nc",engine="mariadb"} 151
finwatch_db_connections_reserved{target="nc",engine="mariadb"} 0
finwatch_db_connections_headroom{target="nc",engine="mariadb"} 139
)");
}

TEST_CASE("connections: a missing grant is an error, and so is a statement that the server does not know") {
  FakeServer server(Engine::postgresql, 150000);
  CHECK(read_once(connections_collector, server).status.error().code == Errc::malformed);
  server.refuse("pg_stat_activity", Errc::permission);
  CHECK(read_once(connections_collector, server).status.error().code == Errc::permission);
}
