#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo fibrechannel_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::fibrechannel_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("fibrechannel: the ports of the fixture machine") {
  const Collected got = collect(fibrechannel_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/fibrechannel.prom", got.page).empty());
}

TEST_CASE("fibrechannel: no such class is no data") {
  const TemporaryTree tree;
  CHECK(collect(fibrechannel_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("fibrechannel: counters that are missing, not counted or garbage are left out") {
  const TemporaryTree tree;
  tree.write("sys/class/fc_host/host3/port_state", "Online\n");
  tree.write("sys/class/fc_host/host3/statistics/rx_frames", "0xffffffffffffffff\n");
  tree.write("sys/class/fc_host/host3/statistics/tx_frames", "0xzz\n");
  tree.write("sys/class/fc_host/host3/statistics/nos_count", "0x10\n");
  KeptCollector collector(fibrechannel_collector, tree.env());
  const Collected got = collector.collect();
  REQUIRE(got.status);
  CHECK(has(got, "node_fibrechannel_nos_total{fc_host=\"host3\"} 16\n"));
  CHECK(got.series == 2);
  tree.remove("sys/class/fc_host/host3");
  CHECK(collector.collect().series == 0);
}
