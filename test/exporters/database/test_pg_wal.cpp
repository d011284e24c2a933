#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_wal_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_wal_collector;

TEST_CASE("pg_wal: segments and bytes") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("pg_ls_waldir", {"segments", "size_bytes"}, {{"3", "50331648"}});
    const Collected got = read_once(pg_wal_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_wal_segments{target="nc"} 3
pg_wal_size_bytes{target="nc"} 50331648
)");
  }
}

TEST_CASE("pg_wal: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("pg_ls_waldir", Errc::permission);
  const Collected got = read_once(pg_wal_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
