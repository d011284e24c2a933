#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo bonding_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::bonding_collector;

TEST_CASE("bonding: the page of the fixture machine") {
  const Collected got = collect(bonding_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/bonding.prom", got.page) == "");
}

TEST_CASE("bonding: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(bonding_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("bonding: slaves come and go between two scrapes") {
  const TemporaryTree tree;
  tree.write("sys/class/net/bonding_masters", "bond0 bond1\n");
  tree.write("sys/class/net/bond0/bonding/slaves", "eth0 eth1\n");
  tree.write("sys/class/net/bond0/lower_eth0/bonding_slave/mii_status", "up\n");
  tree.write("sys/class/net/bond0/slave_eth1/bonding_slave/mii_status", "up\n");  // as old kernels name it
  tree.write("sys/class/net/bond1/bonding/slaves", "\n");
  KeptCollector bonding(bonding_collector, tree.env());
  CHECK(bonding.collect().samples ==
        "node_bonding_active{master=\"bond0\"} 2\nnode_bonding_active{master=\"bond1\"} 0\n"
        "node_bonding_slaves{master=\"bond0\"} 2\nnode_bonding_slaves{master=\"bond1\"} 0\n");

  tree.write("sys/class/net/bond0/bonding/slaves", "eth0\n");
  tree.write("sys/class/net/bond0/lower_eth0/bonding_slave/mii_status", "down\n");
  tree.write("sys/class/net/bonding_masters", "bond0\n");
  CHECK(bonding.collect().samples == "node_bonding_active{master=\"bond0\"} 0\nnode_bonding_slaves{master=\"bond0\"} 1\n");

  tree.write("sys/class/net/bonding_masters", "\n");
  const Collected none = bonding.collect();
  CHECK(none.status);
  CHECK(none.series == 0);
}

TEST_CASE("bonding: a name that comes twice, or whose bond is gone, makes no second sample") {
  const TemporaryTree tree;
  tree.write("sys/class/net/bonding_masters", "bond0 bond0 gone\n");
  tree.write("sys/class/net/bond0/bonding/slaves", "eth0 missing\n");
  CHECK(collect(bonding_collector, tree.env()).samples ==
        "node_bonding_active{master=\"bond0\"} 0\nnode_bonding_slaves{master=\"bond0\"} 2\n");
}
