#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_stat_user_tables_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_stat_user_tables_collector;

TEST_CASE("pg_stat_user_tables: all families of a table") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer(
        "FROM pg_class",
        {"datname",       "schemaname",          "relname",       "seq_scan",          "seq_tup_read",     "idx_scan",
         "idx_tup_fetch", "n_tup_ins",           "n_tup_upd",     "n_tup_del",         "n_tup_hot_upd",    "n_live_tup",
         "n_dead_tup",    "n_mod_since_analyze", "last_vacuum",   "last_autovacuum",   "last_analyze",     "last_autoanalyze",
         "vacuum_count",  "autovacuum_count",    "analyze_count", "autoanalyze_count", "index_size_bytes", "table_size_bytes"},
        {{"nc", "gl", "voucher", "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",
          "10", "11", kNull,     "13", "14", "15", "16", "17", "18", "19", "20", "21"}});
    const Collected got = read_once(pg_stat_user_tables_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_stat_user_tables_seq_scan{target="nc",datname="nc",schemaname="gl",relname="voucher"} 1
pg_stat_user_tables_seq_tup_read{target="nc",datname="nc",schemaname="gl",relname="voucher"} 2
pg_stat_user_tables_idx_scan{target="nc",datname="nc",schemaname="gl",relname="voucher"} 3
pg_stat_user_tables_idx_tup_fetch{target="nc",datname="nc",schemaname="gl",relname="voucher"} 4
pg_stat_user_tables_n_tup_ins{target="nc",datname="nc",schemaname="gl",relname="voucher"} 5
pg_stat_user_tables_n_tup_upd{target="nc",datname="nc",schemaname="gl",relname="voucher"} 6
pg_stat_user_tables_n_tup_del{target="nc",datname="nc",schemaname="gl",relname="voucher"} 7
pg_stat_user_tables_n_tup_hot_upd{target="nc",datname="nc",schemaname="gl",relname="voucher"} 8
pg_stat_user_tables_n_live_tup{target="nc",datname="nc",schemaname="gl",relname="voucher"} 9
pg_stat_user_tables_n_dead_tup{target="nc",datname="nc",schemaname="gl",relname="voucher"} 10
pg_stat_user_tables_n_mod_since_analyze{target="nc",datname="nc",schemaname="gl",relname="voucher"} 11
pg_stat_user_tables_last_autovacuum{target="nc",datname="nc",schemaname="gl",relname="voucher"} 13
pg_stat_user_tables_last_analyze{target="nc",datname="nc",schemaname="gl",relname="voucher"} 14
pg_stat_user_tables_last_autoanalyze{target="nc",datname="nc",schemaname="gl",relname="voucher"} 15
pg_stat_user_tables_vacuum_count{target="nc",datname="nc",schemaname="gl",relname="voucher"} 16
pg_stat_user_tables_autovacuum_count{target="nc",datname="nc",schemaname="gl",relname="voucher"} 17
pg_stat_user_tables_analyze_count{target="nc",datname="nc",schemaname="gl",relname="voucher"} 18
pg_stat_user_tables_autoanalyze_count{target="nc",datname="nc",schemaname="gl",relname="voucher"} 19
pg_stat_user_tables_index_size_bytes{target="nc",datname="nc",schemaname="gl",relname="voucher"} 20
pg_stat_user_tables_table_size_bytes{target="nc",datname="nc",schemaname="gl",relname="voucher"} 21
)");
    CHECK(server.asked.back().find(" LIMIT 50\n") != std::string::npos);
  }
}

TEST_CASE("pg_stat_user_tables: how many, by the flag; 0 is all of them") {
  FakeServer server(Engine::postgresql, 150018);
  server.answer("FROM pg_class", {"datname"}, {});
  REQUIRE(read_once(pg_stat_user_tables_collector, server, {{"collector.pg_stat_user_tables.top", "3"}}).status);
  CHECK(server.asked.back().find(" LIMIT 3\n") != std::string::npos);
  REQUIRE(read_once(pg_stat_user_tables_collector, server, {{"collector.pg_stat_user_tables.top", "0"}}).status);
  CHECK(server.asked.back().find("LIMIT") == std::string::npos);
}

TEST_CASE("pg_stat_user_tables: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("FROM pg_class", Errc::permission);
  const Collected got = read_once(pg_stat_user_tables_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
