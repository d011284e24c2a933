#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector accounts_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::accounts_collector;

namespace {
const std::vector<std::string> kNine(9);
}

TEST_CASE("accounts: PostgreSQL, and changes of rights are counted from the second read on") {
  FakeServer server(Engine::postgresql, 150004);
  server.answer("FROM pg_roles", kNine,
                {{"nc_app", "1", "0", kNull, "0", "0", kNull, "1800000000", "a"},
                 {"old", "1", "0", kNull, "1", "0", kNull, kNull, "b"},
                 {"postgres", "1", "1", kNull, kNull, "1", kNull, kNull, "c"},
                 {"readers", "0", "0", kNull, kNull, "1", kNull, kNull, "d"}});
  KeptReader reader(accounts_collector);
  const Collected got = reader.read(server);
  REQUIRE(got.status);
  const std::string before = R"(finwatch_db_accounts{target="nc",engine="postgresql",kind="login"} 3
finwatch_db_accounts{target="nc",engine="postgresql",kind="superuser"} 1
finwatch_db_accounts{target="nc",engine="postgresql",kind="expired"} 1
finwatch_db_accounts{target="nc",engine="postgresql",kind="without_expiry"} 1
finwatch_db_superusers{target="nc",engine="postgresql"} 1
finwatch_db_superuser_info{target="nc",engine="postgresql",account="postgres"} 1
finwatch_db_account_next_expiry_timestamp_seconds{target="nc",engine="postgresql"} 1800000000
)";
  const std::string changes = "finwatch_db_role_changes_total{target=\"nc\",engine=\"postgresql\"} ";
  CHECK(got.samples == before + changes + "0\n");
  CHECK(reader.read(server).samples == before + changes + "0\n");
  // "readers" went, "writers" came, "old" got another right.
  server.answer("FROM pg_roles", kNine,
                {{"nc_app", "1", "0", kNull, "0", "0", kNull, "1800000000", "a"},
                 {"old", "1", "0", kNull, "1", "0", kNull, kNull, "more"},
                 {"postgres", "1", "1", kNull, kNull, "1", kNull, kNull, "c"},
                 {"writers", "0", "0", kNull, kNull, "1", kNull, kNull, "d"}});
  CHECK(reader.read(server).samples == before + changes + "3\n");
}

TEST_CASE("accounts: MySQL tells the age of passwords and failed logins") {
  FakeServer server(Engine::mysql, 90704);
  server.answer("mysql.role_edges", kNine,
                {{"nc@%", "1", "0", "0", "0", "0", "8640000", "1800000000", "a"},
                 {"auditor@%", "1", "0", "0", "1", "0", "99999999", "1700000000", "b"},
                 {"role@%", "0", "0", "1", "0", "1", "999999999", kNull, "c"},
                 {"root@localhost", "1", "1", "0", "0", "1", "60", kNull, "d"}});
  server.answer("events_errors_summary", {""}, {{"3"}});
  const Collected got = read_once(accounts_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == R"(finwatch_db_accounts{target="nc",engine="mysql",kind="login"} 3
finwatch_db_accounts{target="nc",engine="mysql",kind="superuser"} 1
finwatch_db_accounts{target="nc",engine="mysql",kind="locked"} 1
finwatch_db_accounts{target="nc",engine="mysql",kind="expired"} 1
finwatch_db_accounts{target="nc",engine="mysql",kind="without_expiry"} 1
finwatch_db_superusers{target="nc",engine="mysql"} 1
finwatch_db_superuser_info{target="nc",engine="mysql",account="root@localhost"} 1
finwatch_db_account_password_age_max_seconds{target="nc",engine="mysql"} 99999999
finwatch_db_account_next_expiry_timestamp_seconds{target="nc",engine="mysql"} 1800000000
finwatch_db_role_changes_total{target="nc",engine="mysql"} 0
finwatch_db_failed_logins_total{target="nc",engine="mysql"} 3
)");
}

TEST_CASE("accounts: MariaDB, and at most 20 names") {
  FakeServer server(Engine::mariadb, 101119);
  std::vector<FakeServer::Cells> rows;
  std::vector<std::string> names;
  for (int i = 0; i < 25; ++i) names.push_back("admin" + std::to_string(i));
  for (const std::string& name : names) rows.push_back({name.c_str(), "1", "1", kNull, "0", kNull, kNull, kNull, "a"});
  server.answer("FROM mysql.user", kNine, rows);
  server.answer("Aborted_connects", {"", ""}, {{"Aborted_connects", "5"}});
  const Collected got = read_once(accounts_collector, server);
  REQUIRE(got.status);
  std::string expected = R"(finwatch_db_accounts{target="nc",engine="mariadb",kind="login"} 25
finwatch_db_accounts{target="nc",engine="mariadb",kind="superuser"} 25
finwatch_db_accounts{target="nc",engine="mariadb",kind="expired"} 0
finwatch_db_superusers{target="nc",engine="mariadb"} 25
)";
  for (int i = 0; i < 20; ++i)
    expected += "finwatch_db_superuser_info{target=\"nc\",engine=\"mariadb\",account=\"admin" + std::to_string(i) + "\"} 1\n";
  CHECK(got.samples == expected + R"(finwatch_db_role_changes_total{target="nc",engine="mariadb"} 0
finwatch_db_failed_logins_total{target="nc",engine="mariadb"} 5
)");
}

TEST_CASE("accounts: a missing grant") {
  FakeServer server(Engine::mariadb, 101119);
  server.refuse("FROM mysql.user", Errc::permission);
  CHECK(read_once(accounts_collector, server).status.error().code == Errc::permission);
}
