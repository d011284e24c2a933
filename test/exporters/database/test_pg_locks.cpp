#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_locks_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_locks_collector;

TEST_CASE("pg_locks: modes") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("LEFT JOIN pg_locks", {"datname", "mode", "count"},
                  {{"nc", "accesssharelock", "3"}, {"nc", "exclusivelock", "0"}});
    const Collected got = read_once(pg_locks_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_locks_count{target="nc",datname="nc",mode="accesssharelock"} 3
pg_locks_count{target="nc",datname="nc",mode="exclusivelock"} 0
)");
  }
}

TEST_CASE("pg_locks: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("LEFT JOIN pg_locks", Errc::permission);
  const Collected got = read_once(pg_locks_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
