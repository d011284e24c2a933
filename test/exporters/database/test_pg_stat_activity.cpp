#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_stat_activity_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_stat_activity_collector;

TEST_CASE("pg_stat_activity: seven labels, empty where nobody is in a state") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("FROM pg_stat_activity",
                  {"datname", "state", "usename", "application_name", "backend_type", "wait_event_type", "wait_event", "count",
                   "max_tx_duration"},
                  {{"nc", "active", "nc_app", "NC", "client backend", "Lock", "transactionid", "2", "12.5"},
                   {"nc", "disabled", kNull, kNull, kNull, kNull, kNull, "0", "0"}});
    const Collected got = read_once(pg_stat_activity_collector, server);
    REQUIRE(got.status);
    CHECK(
        got.samples ==
        R"(pg_stat_activity_count{target="nc",datname="nc",state="active",usename="nc_app",application_name="NC",backend_type="client backend",wait_event_type="Lock",wait_event="transactionid"} 2
pg_stat_activity_count{target="nc",datname="nc",state="disabled",usename="",application_name="",backend_type="",wait_event_type="",wait_event=""} 0
pg_stat_activity_max_tx_duration{target="nc",datname="nc",state="active",usename="nc_app",application_name="NC",backend_type="client backend",wait_event_type="Lock",wait_event="transactionid"} 12.5
pg_stat_activity_max_tx_duration{target="nc",datname="nc",state="disabled",usename="",application_name="",backend_type="",wait_event_type="",wait_event=""} 0
)");
  }
}

TEST_CASE("pg_stat_activity: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("FROM pg_stat_activity", Errc::permission);
  const Collected got = read_once(pg_stat_activity_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
