#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_statio_user_tables_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_statio_user_tables_collector;

TEST_CASE("pg_statio_user_tables: all families of a table") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("FROM pg_class",
                  {"datname", "schemaname", "relname", "heap_blocks_read", "heap_blocks_hit", "idx_blocks_read",
                   "idx_blocks_hit", "toast_blocks_read", "toast_blocks_hit", "tidx_blocks_read", "tidx_blocks_hit"},
                  {{"nc", "gl", "voucher", "1", "2", "3", "4", kNull, kNull, "7", "8"}});
    const Collected got = read_once(pg_statio_user_tables_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_statio_user_tables_heap_blocks_read{target="nc",datname="nc",schemaname="gl",relname="voucher"} 1
pg_statio_user_tables_heap_blocks_hit{target="nc",datname="nc",schemaname="gl",relname="voucher"} 2
pg_statio_user_tables_idx_blocks_read{target="nc",datname="nc",schemaname="gl",relname="voucher"} 3
pg_statio_user_tables_idx_blocks_hit{target="nc",datname="nc",schemaname="gl",relname="voucher"} 4
pg_statio_user_tables_tidx_blocks_read{target="nc",datname="nc",schemaname="gl",relname="voucher"} 7
pg_statio_user_tables_tidx_blocks_hit{target="nc",datname="nc",schemaname="gl",relname="voucher"} 8
)");
    CHECK(server.asked.back().find(" LIMIT 50\n") != std::string::npos);
  }
}

TEST_CASE("pg_statio_user_tables: how many, by the flag; 0 is all of them") {
  FakeServer server(Engine::postgresql, 150018);
  server.answer("FROM pg_class", {"datname"}, {});
  REQUIRE(read_once(pg_statio_user_tables_collector, server, {{"collector.pg_statio_user_tables.top", "3"}}).status);
  CHECK(server.asked.back().find(" LIMIT 3\n") != std::string::npos);
  REQUIRE(read_once(pg_statio_user_tables_collector, server, {{"collector.pg_statio_user_tables.top", "0"}}).status);
  CHECK(server.asked.back().find("LIMIT") == std::string::npos);
}

TEST_CASE("pg_statio_user_tables: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("FROM pg_class", Errc::permission);
  const Collected got = read_once(pg_statio_user_tables_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
