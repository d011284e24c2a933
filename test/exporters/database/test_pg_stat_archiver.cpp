#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_stat_archiver_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_stat_archiver_collector;

TEST_CASE("pg_stat_archiver: no archiving yet is no age") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("pg_stat_archiver", {"archived_count", "failed_count", "last_archive_age"}, {{"7", "1", kNull}});
    const Collected got = read_once(pg_stat_archiver_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_stat_archiver_archived_count{target="nc"} 7
pg_stat_archiver_failed_count{target="nc"} 1
)");
  }
}

TEST_CASE("pg_stat_archiver: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("pg_stat_archiver", Errc::permission);
  const Collected got = read_once(pg_stat_archiver_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
