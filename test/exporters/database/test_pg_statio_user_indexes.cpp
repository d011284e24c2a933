#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_statio_user_indexes_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_statio_user_indexes_collector;

TEST_CASE("pg_statio_user_indexes: blocks of an index; how many, by the flag") {
  FakeServer server(Engine::postgresql, 150018);
  server.answer("FROM pg_class", {"schemaname", "relname", "indexrelname", "blocks_read", "blocks_hit"},
                {{"gl", "voucher", "voucher_pkey", "3", "40"}});
  const Collected got = read_once(pg_statio_user_indexes_collector, server);
  REQUIRE(got.status);
  CHECK(
      got.samples ==
      R"(pg_statio_user_indexes_idx_blks_read_total{target="nc",schemaname="gl",relname="voucher",indexrelname="voucher_pkey"} 3
pg_statio_user_indexes_idx_blks_hit_total{target="nc",schemaname="gl",relname="voucher",indexrelname="voucher_pkey"} 40
)");
  CHECK(server.asked.back().ends_with(" LIMIT 50"));
  REQUIRE(read_once(pg_statio_user_indexes_collector, server, {{"collector.pg_statio_user_indexes.top", "0"}}).status);
  CHECK(server.asked.back().find("LIMIT") == std::string::npos);
}

TEST_CASE("pg_statio_user_indexes: a refused grant") {
  FakeServer server(Engine::postgresql, 180001);
  server.refuse("", Errc::permission);
  const Collected got = read_once(pg_statio_user_indexes_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
