#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo sockstat_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::sockstat_collector;

TEST_CASE("sockstat: the page of the fixture machine") {
  const Collected got = collect(sockstat_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/sockstat.prom", got.page) == "");
}

TEST_CASE("sockstat: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(sockstat_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("sockstat: without IPv6, and with a protocol nobody knows yet") {
  const TemporaryTree tree;
  tree.write("proc/net/sockstat", "sockets: used 5\nMPTCP: inuse 3 future 4 odd\n");
  CHECK(collect(sockstat_collector, tree.env()).samples ==
        "node_sockstat_sockets_used 5\nnode_sockstat_MPTCP_inuse 3\nnode_sockstat_MPTCP_future 4\n");
}

TEST_CASE("sockstat: a name that comes twice or cannot be one is passed over") {
  const TemporaryTree tree;
  tree.write("proc/net/sockstat", "TCP: inuse 1\nTCP: inuse 2\nT-C\xffP: inuse 3\nsockets: used 1 used 2\n");
  CHECK(collect(sockstat_collector, tree.env()).samples == "node_sockstat_TCP_inuse 1\nnode_sockstat_sockets_used 1\n");
}

TEST_CASE("sockstat: garbage is malformed") {
  const TemporaryTree tree;
  tree.write("proc/net/sockstat", "nothing of use\n");
  CHECK(collect(sockstat_collector, tree.env()).status.error().code == Errc::malformed);
}
