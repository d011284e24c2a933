#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_roles_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_roles_collector;

TEST_CASE("pg_roles: limits") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("pg_roles", {"rolname", "connection_limit"}, {{"nc_app", "-1"}, {"report", "5"}});
    const Collected got = read_once(pg_roles_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_roles_connection_limit{target="nc",rolname="nc_app"} -1
pg_roles_connection_limit{target="nc",rolname="report"} 5
)");
  }
}

TEST_CASE("pg_roles: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("pg_roles", Errc::permission);
  const Collected got = read_once(pg_roles_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
