#include <sched.h>

#include <thread>

#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo netclass_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::netclass_collector;

TEST_CASE("netclass: the page of the fixture machine") {
  const Collected got = collect(netclass_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/netclass.prom", got.page) == "");
}

TEST_CASE("netclass: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(netclass_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("netclass: a speed that nobody knows is -125000, or absent when that is asked for") {
  const TemporaryTree tree;
  tree.write("sys/class/net/veth1/speed", "-1\n");
  tree.write("sys/class/net/eth0/speed", "1000\n");
  CHECK(collect(netclass_collector, tree.env()).samples.find("node_network_speed_bytes{device=\"veth1\"} -125000\n") !=
        std::string::npos);
  const std::string strict =
      collect(netclass_collector, tree.env(), {{"collector.netclass.ignore-invalid-speed", "true"}}).samples;
  CHECK(strict.find("speed_bytes{device=\"veth1\"}") == std::string::npos);
  CHECK(strict.find("node_network_speed_bytes{device=\"eth0\"} 125000000\n") != std::string::npos);
}

TEST_CASE("netclass: files that are missing or garbage cost their own sample") {
  const TemporaryTree tree;
  tree.write("sys/class/net/eth0/mtu", "\xff\xfe\n");
  tree.write("sys/class/net/eth0/flags", "0xzz\n");
  tree.write("sys/class/net/eth0/ifalias", "\xff\"名\"\n");
  tree.write("sys/class/net/eth0/tx_queue_len", "");
  tree.link("sys/class/net/gone", "nowhere");
  CHECK(collect(netclass_collector, tree.env()).samples ==
        "node_network_up{device=\"eth0\"} 0\nnode_network_up{device=\"gone\"} 0\n"
        "node_network_info{address=\"\",adminstate=\"unknown\",broadcast=\"\",device=\"eth0\",duplex=\"\","
        "ifalias=\"\xEF\xBF\xBD\\\"名\\\"\",operstate=\"\"} 1\n"
        "node_network_info{address=\"\",adminstate=\"unknown\",broadcast=\"\",device=\"gone\",duplex=\"\",ifalias=\"\","
        "operstate=\"\"} 1\n");
}

TEST_CASE("netclass: interfaces can be left out, and leave the page when they go") {
  const TemporaryTree tree;
  tree.write("sys/class/net/eth0/mtu", "1500\n");
  tree.write("sys/class/net/veth1/mtu", "1500\n");
  CHECK(collect(netclass_collector, tree.env(), {{"collector.netclass.ignored-devices", "^veth"}}).series == 3);
  KeptCollector netclass(netclass_collector, tree.env());
  CHECK(netclass.collect().series == 6);
  tree.remove("sys/class/net/veth1");
  CHECK(netclass.collect().series == 3);
}

TEST_CASE("netclass: the running kernel says the same over netlink and in sysfs") {
  const Collected netlink = collect(netclass_collector, Env{});
  Env files;
  files.sysfs = "/sys/";  // the same tree under another name: not taken for the kernel's own
  const Collected sysfs = collect(netclass_collector, files);
  if (!netlink.status || !sysfs.status) {
    WARN("skipped: no netlink or no /sys/class/net here");
    return;
  }
  CHECK(netlink.series == sysfs.series);
}

TEST_CASE("netclass: in a network namespace of its own there is a loopback interface, down and without a carrier") {
  bool entered = false;
  Collected got;
  std::thread([&] {
    entered = ::unshare(CLONE_NEWNET) == 0;  // of this thread alone
    if (entered) got = collect(netclass_collector, Env{});
  }).join();
  if (!entered || !got.status) {
    WARN("skipped: a new network namespace is not permitted here");
    return;
  }
  CHECK(got.samples.find("node_network_up{device=\"lo\"} 0\n") != std::string::npos);
  CHECK(got.samples.find("adminstate=\"down\"") != std::string::npos);
  CHECK(got.samples.find("operstate=\"down\"") != std::string::npos);
  CHECK(got.samples.find("node_network_carrier{device=\"lo\"}") == std::string::npos);
  CHECK(got.samples.find("node_network_flags{device=\"lo\"} 8\n") != std::string::npos);
}
