#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_database_wraparound_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_database_wraparound_collector;

TEST_CASE("pg_database_wraparound: both ages of each database") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("FROM pg_database", {"datname", "age", "multixact_age"}, {{"nc", "1200", "7"}, {"u8", "9", kNull}});
    const Collected got = read_once(pg_database_wraparound_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_database_wraparound_age_datfrozenxid_seconds{target="nc",datname="nc"} 1200
pg_database_wraparound_age_datfrozenxid_seconds{target="nc",datname="u8"} 9
pg_database_wraparound_age_datminmxid_seconds{target="nc",datname="nc"} 7
)");
  }
}

TEST_CASE("pg_database_wraparound: a refused grant") {
  FakeServer server(Engine::postgresql, 180001);
  server.refuse("", Errc::permission);
  const Collected got = read_once(pg_database_wraparound_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
