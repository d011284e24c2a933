#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_long_running_transactions_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_long_running_transactions_collector;

TEST_CASE("pg_long_running_transactions: how many and how old") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("FROM pg_stat_activity", {"transactions", "age"}, {{"3", "61.5"}});
    const Collected got = read_once(pg_long_running_transactions_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_long_running_transactions{target="nc"} 3
pg_long_running_transactions_oldest_timestamp_seconds{target="nc"} 61.5
)");
  }
}

TEST_CASE("pg_long_running_transactions: a refused grant") {
  FakeServer server(Engine::postgresql, 180001);
  server.refuse("", Errc::permission);
  const Collected got = read_once(pg_long_running_transactions_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
