#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo softnet_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::softnet_collector;

TEST_CASE("softnet: the page of the fixture machine") {
  const Collected got = collect(softnet_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/softnet.prom", got.page) == "");
}

TEST_CASE("softnet: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(softnet_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("softnet: old kernels write fewer columns and do not say which CPU") {
  const TemporaryTree tree;
  tree.write(
      "proc/net/softnet_stat",
      "0000000a 00000001 00000002 0 0 0 0 0 00000003\n0000000b 00000000 00000000 0 0 0 0 0 00000000 00000004 00000005\n");
  const Collected got = collect(softnet_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples.find("node_softnet_processed_total{cpu=\"0\"} 10\nnode_softnet_processed_total{cpu=\"1\"} 11\n") !=
        std::string::npos);
  CHECK(got.samples.find("node_softnet_flow_limit_count_total{cpu=\"1\"} 5\n") != std::string::npos);
}

TEST_CASE("softnet: garbage, too few columns and an empty file are malformed") {
  const TemporaryTree tree;
  for (const char* text : {"", "0000000a 00000001\n", "what is this\n", "1 2 3 4 5 6 7 8 9\nx\n"}) {
    tree.write("proc/net/softnet_stat", text);
    CHECK(collect(softnet_collector, tree.env()).status.error().code == Errc::malformed);
  }
}
