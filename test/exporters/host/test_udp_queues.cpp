#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo udp_queues_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::udp_queues_collector;

TEST_CASE("udp_queues: the page of the fixture machine") {
  const Collected got = collect(udp_queues_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/udp_queues.prom", got.page) == "");
}

TEST_CASE("udp_queues: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(udp_queues_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("udp_queues: without IPv6 there are two samples; a broken line is passed over") {
  const TemporaryTree tree;
  tree.write("proc/net/udp", "sl local_address rem_address st tx_queue rx_queue\n"
                             "1: 0100007F:0143 00000000:0000 07 00000001:00000010 x\n2: broken\n3: a b c d:e:f\n");
  CHECK(collect(udp_queues_collector, tree.env()).samples ==
        "node_udp_queues{queue=\"tx\",ip=\"v4\"} 1\nnode_udp_queues{queue=\"rx\",ip=\"v4\"} 16\n");
}

TEST_CASE("udp_queues: a file without its heading is malformed") {
  const TemporaryTree tree;
  tree.write("proc/net/udp", "\xff\xff\xff");
  CHECK(collect(udp_queues_collector, tree.env()).status.error().code == Errc::malformed);
}
