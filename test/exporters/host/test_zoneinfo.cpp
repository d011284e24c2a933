#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo zoneinfo_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::zoneinfo_collector;

TEST_CASE("zoneinfo: the fixture machine") {
  const Collected got = collect(zoneinfo_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/zoneinfo.prom", got.page) == "");
}

TEST_CASE("zoneinfo: no file is no data") {
  const TemporaryTree tree;
  CHECK(collect(zoneinfo_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("zoneinfo: a file that says something else is malformed") {
  const std::string text = GENERATE(as<std::string>{}, "", "garbage\n", "Node\n", "Node 0 zone DMA\n", "\xff\xfe\n");
  const TemporaryTree tree;
  tree.write("proc/zoneinfo", text);
  const Collected got = collect(zoneinfo_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::malformed);
}

TEST_CASE("zoneinfo: bad values are left out, the rest of the zone counts") {
  const TemporaryTree tree;
  tree.write("proc/zoneinfo",
             "Node 0, zone   Normal\n  pages free 7\n        min x\n        low 5\n        protection: (0, 9, y)\n"
             "    cpu: 0\n              high:     378\nNode 1, zone Normal\n        low 6 7\n        protection: ()\n");
  const Collected got = collect(zoneinfo_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples ==
        "node_zoneinfo_low_pages{node=\"0\",zone=\"Normal\"} 5\n"
        "node_zoneinfo_low_pages{node=\"1\",zone=\"Normal\"} 6\n"
        "node_zoneinfo_protection_0{node=\"0\",zone=\"Normal\"} 0\n"
        "node_zoneinfo_protection_1{node=\"0\",zone=\"Normal\"} 9\n");
}
