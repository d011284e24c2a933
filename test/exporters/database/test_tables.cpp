#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector tables_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::tables_collector;

namespace {
const std::vector<std::string> kColumns(12);
}

TEST_CASE("tables: PostgreSQL, where a table that was never analyzed has no rows and no bytes") {
  FakeServer server(Engine::postgresql, 150004);
  server.answer("FROM pg_class", kColumns,
                {{"nc", "public", "voucher", "20000", "2097152", "1", "2", "1830297600.000000", "5", "7", "1767225600.5", "3"},
                 {"nc", "public", "never", kNull, kNull, "0", "0", kNull, "0", kNull, kNull, "3"}});
  const Collected got = read_once(tables_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples ==
        R"(finwatch_db_tables{target="nc",engine="postgresql"} 3
finwatch_db_table_rows{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 20000
finwatch_db_table_bytes{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 2097152
finwatch_db_table_partitioned{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 1
finwatch_db_table_partitioned{target="nc",engine="postgresql",database="nc",schema="public",table="never"} 0
finwatch_db_table_partitions{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 2
finwatch_db_table_partitions{target="nc",engine="postgresql",database="nc",schema="public",table="never"} 0
finwatch_db_table_newest_partition_bound_timestamp_seconds{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 1830297600
finwatch_db_table_sequential_scans_total{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 5
finwatch_db_table_sequential_scans_total{target="nc",engine="postgresql",database="nc",schema="public",table="never"} 0
finwatch_db_table_index_scans_total{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 7
finwatch_db_table_last_analyze_timestamp_seconds{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 1767225600.5
)");
}

TEST_CASE("tables: MySQL and MariaDB ask the list of tablespaces that they have, and the bound where it is readable") {
  const auto [engine, version, list, name] =
      GENERATE(table<Engine, int, const char*, const char*>({{Engine::mysql, 80036, "schema.INNODB_TABLESPACES", "mysql"},
                                                             {Engine::mysql, 90704, "schema.INNODB_TABLESPACES", "mysql"},
                                                             {Engine::mariadb, 101119, "INNODB_SYS_TABLESPACES", "mariadb"}}));
  FakeServer server(engine, version);
  server.answer(list, kColumns, {{"nc", "", "voucher", "5000", "540672", "1", "2", kNull, kNull, kNull, "1767225600", "9"}});
  server.answer("information_schema.PARTITIONS", {""}, {{"1830297600"}});
  const Collected got = read_once(tables_collector, server);
  REQUIRE(got.status);
  const std::string front = std::string("{target=\"nc\",engine=\"") + name + '"';
  const std::string labels = front + R"(,database="nc",schema="",table="voucher"} )";
  const std::string bound = "finwatch_db_table_newest_partition_bound_timestamp_seconds" + labels + "1830297600\n";
  const std::string before = "finwatch_db_tables" + front + "} 9\nfinwatch_db_table_rows" + labels +
                             "5000\nfinwatch_db_table_bytes" + labels + "540672\nfinwatch_db_table_partitioned" + labels +
                             "1\nfinwatch_db_table_partitions" + labels + "2\n";
  const std::string after = "finwatch_db_table_last_analyze_timestamp_seconds" + labels + "1767225600\n";
  CHECK(got.samples == before + bound + after);

  server.refuse("information_schema.PARTITIONS", Errc::permission);
  CHECK(read_once(tables_collector, server).samples == before + after);
  server.refuse("information_schema.PARTITIONS", Errc::unavailable);
  CHECK(read_once(tables_collector, server).status.error().code == Errc::unavailable);
}

TEST_CASE("tables: the named ones come besides the largest, whatever is in their names") {
  finwatch::database::TargetOptions target;
  target.tables = {"nc.it's", "nc.{limit}\\"};
  FakeServer postgres(Engine::postgresql, 120000);
  postgres.answer("IN ('nc.it''s', 'nc.{limit}\\') DESC, w.pages DESC NULLS LAST, 1 LIMIT 7", kColumns, {});
  CHECK(read_once(tables_collector, postgres, {{"collector.tables.top", "5"}}, target).samples ==
        "finwatch_db_tables{target=\"nc\",engine=\"postgresql\"} 0\n");
  FakeServer mysql(Engine::mysql, 80036);
  mysql.answer("IN ('nc.it''s', 'nc.{limit}\\\\') DESC, s.bytes DESC, 1, 3 LIMIT 7", kColumns, {});
  CHECK(read_once(tables_collector, mysql, {{"collector.tables.top", "5"}}, target).status);
}

TEST_CASE("tables: a missing grant") {
  FakeServer server(Engine::mariadb, 101119);
  server.refuse("innodb_table_stats", Errc::permission);
  CHECK(read_once(tables_collector, server).status.error().code == Errc::permission);
}
