#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_postmaster_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_postmaster_collector;

TEST_CASE("pg_postmaster: when the server was started") {
  FakeServer server(Engine::postgresql, 150018);
  server.answer("pg_postmaster_start_time()", {"start_time"}, {{"1795668678.5"}});
  const Collected got = read_once(pg_postmaster_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == "pg_postmaster_start_time_seconds{target=\"nc\"} 1795668678.5\n");
}

TEST_CASE("pg_postmaster: a refused grant") {
  FakeServer server(Engine::postgresql, 180001);
  server.refuse("", Errc::permission);
  const Collected got = read_once(pg_postmaster_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
