#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_stat_activity_autovacuum_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_stat_activity_autovacuum_collector;

TEST_CASE("pg_stat_activity_autovacuum: since when, by table; nothing while none runs") {
  FakeServer server(Engine::postgresql, 150018);
  server.answer("FROM pg_stat_activity", {"relname", "begun"}, {{"voucher", "1795668678"}});
  const Collected got = read_once(pg_stat_activity_autovacuum_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == "pg_stat_activity_autovacuum_timestamp_seconds{target=\"nc\",relname=\"voucher\"} 1795668678\n");
  server.answer("FROM pg_stat_activity", {"relname", "begun"}, {});
  const Collected idle = read_once(pg_stat_activity_autovacuum_collector, server);
  REQUIRE(idle.status);
  CHECK(idle.samples.empty());
}

TEST_CASE("pg_stat_activity_autovacuum: a refused grant") {
  FakeServer server(Engine::postgresql, 180001);
  server.refuse("", Errc::permission);
  const Collected got = read_once(pg_stat_activity_autovacuum_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
