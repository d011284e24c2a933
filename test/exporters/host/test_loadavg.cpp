#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo loadavg_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::loadavg_collector;

TEST_CASE("loadavg: the three averages of the fixture machine") {
  const Collected got = collect(loadavg_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(got.samples == "node_load1 0.52\nnode_load5 1.25\nnode_load15 3.75\n");
  CHECK(compare_golden("host/loadavg.prom", got.page).empty());
}

TEST_CASE("loadavg: a file that says something else is malformed") {
  const TemporaryTree tree;
  tree.write("proc/loadavg", "0.5 many\n");
  const Collected got = collect(loadavg_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::malformed);
  CHECK(got.series == 0);
}

TEST_CASE("loadavg: no file is no data") {
  const TemporaryTree tree;
  const Collected got = collect(loadavg_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}
