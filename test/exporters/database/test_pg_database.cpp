#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_database_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_database_collector;

TEST_CASE("pg_database: size and limit; no grant on one database is no size") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("pg_database_size", {"datname", "size_bytes", "connection_limit"},
                  {{"nc", "8000000", "-1"}, {"other", kNull, "10"}});
    const Collected got = read_once(pg_database_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_database_size_bytes{target="nc",datname="nc"} 8000000
pg_database_connection_limit{target="nc",datname="nc"} -1
pg_database_connection_limit{target="nc",datname="other"} 10
)");
  }
}

TEST_CASE("pg_database: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("pg_database_size", Errc::permission);
  const Collected got = read_once(pg_database_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
