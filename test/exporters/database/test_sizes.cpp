#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector sizes_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::sizes_collector;

TEST_CASE("sizes: PostgreSQL, without the database that may not be measured") {
  FakeServer server(Engine::postgresql, 150004);
  server.answer("pg_database_size", {"datname", "size_bytes", "temp_bytes", "temp_files"},
                {{"nc", "8000000", "4096", "2"}, {"secret", kNull, kNull, kNull}});
  server.answer("pg_ls_waldir", {"", ""}, {{"33554432", "2"}});
  const Collected got = read_once(sizes_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == R"(finwatch_db_size_bytes{target="nc",engine="postgresql",database="nc"} 8000000
finwatch_db_temp_bytes_total{target="nc",engine="postgresql",database="nc"} 4096
finwatch_db_temp_files_total{target="nc",engine="postgresql",database="nc"} 2
finwatch_db_log_bytes{target="nc",engine="postgresql"} 33554432
finwatch_db_log_files{target="nc",engine="postgresql"} 2
)");
  server.refuse("pg_ls_waldir", Errc::permission);
  CHECK(read_once(sizes_collector, server).status.error().code == Errc::permission);
}

TEST_CASE("sizes: MySQL with a binary log, whose list has a third column there") {
  FakeServer server(Engine::mysql, 80036);
  server.answer("schema.INNODB_TABLESPACES", {"", ""}, {{"nc", "540672"}});
  server.answer("SHOW GLOBAL STATUS", {"", ""}, {{"Created_tmp_disk_tables", "4"}, {"Created_tmp_files", "7"}});
  server.answer("log_bin", {""}, {{"1"}});
  server.answer("SHOW BINARY LOGS", {"", "", ""}, {{"binlog.000001", "1000", "No"}, {"binlog.000002", "500", "No"}});
  const Collected got = read_once(sizes_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == R"(finwatch_db_size_bytes{target="nc",engine="mysql",database="nc"} 540672
finwatch_db_temp_disk_tables_total{target="nc",engine="mysql"} 4
finwatch_db_temp_files_total{target="nc",engine="mysql",database=""} 7
finwatch_db_log_bytes{target="nc",engine="mysql"} 1500
finwatch_db_log_files{target="nc",engine="mysql"} 2
)");
}

TEST_CASE("sizes: MariaDB without a binary log") {
  FakeServer server(Engine::mariadb, 101119);
  server.answer("INNODB_SYS_TABLESPACES", {"", ""}, {{"nc", "540672"}});
  server.answer("SHOW GLOBAL STATUS", {"", ""}, {});
  server.answer("log_bin", {""}, {{"0"}});
  const Collected got = read_once(sizes_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == "finwatch_db_size_bytes{target=\"nc\",engine=\"mariadb\",database=\"nc\"} 540672\n");
}
