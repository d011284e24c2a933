#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo netdev_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::netdev_collector;

TEST_CASE("netdev: the page of the fixture machine") {
  const Collected got = collect(netdev_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/netdev.prom", got.page) == "");
}

TEST_CASE("netdev: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(netdev_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

namespace {
constexpr const char* kHead =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
    "compressed\n";
}

TEST_CASE("netdev: a broken line costs one interface, a name that comes twice counts once") {
  const TemporaryTree tree;
  tree.write("proc/net/dev", std::string(kHead) +
                                 "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n  eth1: 1 2 3\n"
                                 "  eth0: 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2\nnonsense\n");
  const Collected got = collect(netdev_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.series == 16);
  CHECK(got.samples.find("node_network_transmit_compressed_total{device=\"eth0\"}") != std::string::npos);
}

TEST_CASE("netdev: interfaces can be chosen and left out, not both") {
  const auto series = [](const std::map<std::string, std::string>& flags) {
    return collect(netdev_collector, fixture_host(), flags).series;
  };
  CHECK(series({{"collector.netdev.device-include", "^bond0$"}}) == 16);
  CHECK(series({{"collector.netdev.device-exclude", "^(lo|bond0)$"}}) == 48);
  CHECK_THROWS(series({{"collector.netdev.device-include", "a"}, {"collector.netdev.device-exclude", "b"}}));
}

TEST_CASE("netdev: the alias as a label, and the kernel's own names") {
  const Collected got = collect(netdev_collector, fixture_host(),
                                {{"collector.netdev.label-ifalias", "true"},
                                 {"collector.netdev.device-include", "^eth0$"},
                                 {"collector.netdev.enable-detailed-metrics", "true"}});
  REQUIRE(got.status);
  CHECK(got.samples.find("node_network_receive_errors_total{device=\"eth0\",ifalias=\"财务核心交换机 1/0/7\"} 12\n") !=
        std::string::npos);
}

TEST_CASE("netdev: an interface that goes leaves the page") {
  const TemporaryTree tree;
  const std::string numbers = " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
  tree.write("proc/net/dev", kHead + ("a:" + numbers) + ("b:" + numbers));
  KeptCollector netdev(netdev_collector, tree.env());
  CHECK(netdev.collect().series == 32);
  tree.write("proc/net/dev", kHead + ("b:" + numbers));
  CHECK(netdev.collect().series == 16);
}

TEST_CASE("netdev: garbage is malformed") {
  const TemporaryTree tree;
  for (const char* text : {"", "garbage\n", "a|b\nc\n"}) {
    tree.write("proc/net/dev", text);
    CHECK(collect(netdev_collector, tree.env()).status.error().code == Errc::malformed);
  }
}

TEST_CASE("netdev: the running kernel says the same over netlink and in its file") {
  const Collected netlink = collect(netdev_collector, Env{});
  const Collected file = collect(netdev_collector, Env{}, {{"collector.netdev.netlink", "false"}});
  if (!netlink.status || !file.status) {
    WARN("skipped: no netlink or no /proc/net/dev here");
    return;
  }
  CHECK(netlink.series / 17 == file.series / 16);
  CHECK(netlink.samples.find("node_network_receive_bytes_total{device=\"lo\"}") != std::string::npos);
}
