#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo buddyinfo_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::buddyinfo_collector;

TEST_CASE("buddyinfo: the fixture machine") {
  const Collected got = collect(buddyinfo_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/buddyinfo.prom", got.page) == "");
}

TEST_CASE("buddyinfo: no file is no data") {
  const TemporaryTree tree;
  const Collected got = collect(buddyinfo_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("buddyinfo: a file that says something else is malformed") {
  const std::string text = GENERATE(as<std::string>{}, "", "\n", "garbage", "\xff\xfe: \xff kB\n", "a b c d e f g h\n");
  const TemporaryTree tree;
  tree.write("proc/buddyinfo", text);
  const Collected got = collect(buddyinfo_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::malformed);
  CHECK(got.series == 0);
}

TEST_CASE("buddyinfo: a line with a bad number ends there, the next one counts") {
  const TemporaryTree tree;
  tree.write("proc/buddyinfo", "Node 0, zone DMA 1 x 2\nNode 0 zone DMA32 1\nNode 1, zone Normal 7 8\n");
  const Collected got = collect(buddyinfo_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples ==
        "node_buddyinfo_blocks{node=\"0\",zone=\"DMA\",size=\"0\"} 1\n"
        "node_buddyinfo_blocks{node=\"1\",zone=\"Normal\",size=\"0\"} 7\n"
        "node_buddyinfo_blocks{node=\"1\",zone=\"Normal\",size=\"1\"} 8\n");
}
