#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo arp_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::arp_collector;

TEST_CASE("arp: the page of the fixture machine") {
  const Collected got = collect(arp_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/arp.prom", got.page) == "");
}

TEST_CASE("arp: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(arp_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

namespace {
constexpr const char* kTwoDevices =
    "IP address       HW type     Flags       HW address            Mask     Device\n"
    "192.0.2.1        0x1         0x2         00:00:5e:00:53:01     *        eth0\n"
    "192.0.2.2        0x1         0x2         00:00:5e:00:53:02     *        docker0\n"
    "192.0.2.3        0x1         0x2         00:00:5e:00:53:03     *        eth0\n";
}

TEST_CASE("arp: interfaces can be chosen and left out") {
  const TemporaryTree tree;
  tree.write("proc/net/arp", kTwoDevices);
  CHECK(collect(arp_collector, tree.env(), {{"collector.arp.device-include", "^eth"}}).samples ==
        "node_arp_entries{device=\"eth0\"} 2\n");
  CHECK(collect(arp_collector, tree.env(), {{"collector.arp.device-exclude", "^eth"}}).samples ==
        "node_arp_entries{device=\"docker0\"} 1\n");
}

TEST_CASE("arp: an interface without neighbours leaves the page") {
  const TemporaryTree tree;
  tree.write("proc/net/arp", kTwoDevices);
  KeptCollector arp(arp_collector, tree.env());
  CHECK(arp.collect().series == 2);
  tree.write("proc/net/arp", "IP address HW type Flags HW address Mask Device\n");
  const Collected got = arp.collect();
  CHECK(got.status);
  CHECK(got.series == 0);
}

TEST_CASE("arp: a short line is passed over, a file without its heading is malformed") {
  const TemporaryTree tree;
  tree.write("proc/net/arp", "IP address\n192.0.2.1 0x1 0x2\n192.0.2.1 0x1 0x2 00:00:5e:00:53:01 * eth0 more\n");
  CHECK(collect(arp_collector, tree.env()).samples == "node_arp_entries{device=\"eth0\"} 1\n");
  tree.write("proc/net/arp", "\xff\xfe garbage\n");
  CHECK(collect(arp_collector, tree.env()).status.error().code == Errc::malformed);
}

TEST_CASE("arp: the running kernel answers over netlink and in the file alike") {
  const Collected netlink = collect(arp_collector, Env{});
  const Collected file = collect(arp_collector, Env{}, {{"collector.arp.netlink", "false"}});
  if (!netlink.status || !file.status) {
    WARN("skipped: no netlink or no /proc/net/arp here");
    return;
  }
  CHECK(netlink.series == file.series);
}
