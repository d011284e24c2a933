#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo tcpstat_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::tcpstat_collector;

TEST_CASE("tcpstat: the page of the fixture machine") {
  const Collected got = collect(tcpstat_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/tcpstat.prom", got.page) == "");
}

TEST_CASE("tcpstat: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(tcpstat_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("tcpstat: without IPv6; lines that cannot be read are passed over; states of the future are none of ours") {
  const TemporaryTree tree;
  tree.write("proc/net/tcp",
             "sl local_address\n0: 0:1 0:2 01 00000002:00000003\n1: 0:1 0:2 01 00000002\n2: short\n"
             "3: 01 02 01 0:0\n4: 0:1 0:2 FF 0:0\n5: 0:1 0:2 0c 0:0\n6: 0:1 0:FFFFF 01 0:0\n\xff\xfe\n");
  CHECK(collect(tcpstat_collector, tree.env()).samples ==
        "node_tcp_connection_states{state=\"established\"} 1\nnode_tcp_connection_states{state=\"rx_queued_bytes\"} 3\n"
        "node_tcp_connection_states{state=\"tx_queued_bytes\"} 2\n");
}

TEST_CASE("tcpstat: a file without its heading is malformed") {
  const TemporaryTree tree;
  tree.write("proc/net/tcp", "garbage");
  CHECK(collect(tcpstat_collector, tree.env()).status.error().code == Errc::malformed);
}

TEST_CASE("tcpstat: the running kernel answers") {
  const Collected got = collect(tcpstat_collector, Env{});
  if (!got.status) WARN("skipped: no sock_diag and no /proc/net/tcp here");
}
