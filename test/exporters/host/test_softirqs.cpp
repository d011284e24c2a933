#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo softirqs_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::softirqs_collector;

TEST_CASE("softirqs: the page of the fixture machine") {
  const Collected got = collect(softirqs_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/softirqs.prom", got.page) == "");
}

TEST_CASE("softirqs: off by default, and no source is no data") {
  CHECK(softirqs_collector.by_default == ByDefault::off);
  const TemporaryTree tree;
  CHECK(collect(softirqs_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("softirqs: the heading says whose the columns are; unknown lines and a second one are left out") {
  const TemporaryTree tree;
  tree.write("proc/softirqs", "   CPU0   CPU4\n HI: 1 2\nBLOCK:3 4\nFUTURE: 5 6\nHI: 7 8\nno colon\n");
  CHECK(
      collect(softirqs_collector, tree.env()).samples ==
      "node_softirqs_functions_total{cpu=\"0\",type=\"HI\"} 1\nnode_softirqs_functions_total{cpu=\"4\",type=\"HI\"} 2\n"
      "node_softirqs_functions_total{cpu=\"0\",type=\"BLOCK\"} 3\nnode_softirqs_functions_total{cpu=\"4\",type=\"BLOCK\"} 4\n");
}

TEST_CASE("softirqs: without heading, lines, or a number for each CPU it is malformed") {
  const TemporaryTree tree;
  for (const char* text : {"", "HI: 1 2\n", "CPU0 CPU1\n", "CPU0 CPU1\nHI: 1\n", "CPU0 CPU1\nHI: 1 x\n", "CPU1 CPU1\nHI: 1 2\n",
                           "CPU0 8192\nHI: 1 2\n"}) {
    tree.write("proc/softirqs", text);
    CAPTURE(text);
    CHECK(collect(softirqs_collector, tree.env()).status.error().code == Errc::malformed);
  }
}
