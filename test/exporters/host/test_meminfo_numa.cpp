#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo meminfo_numa_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::meminfo_numa_collector;

TEST_CASE("meminfo_numa: the fixture machine") {
  const Collected got = collect(meminfo_numa_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/meminfo_numa.prom", got.page) == "");
}

TEST_CASE("meminfo_numa: a machine without nodes is no data") {
  const TemporaryTree tree;
  CHECK(collect(meminfo_numa_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("sys/devices/system/node/online", "0\n");
  CHECK(collect(meminfo_numa_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("meminfo_numa: garbage is malformed") {
  const TemporaryTree tree;
  tree.write("sys/devices/system/node/node0/meminfo", "garbage\n");
  tree.write("sys/devices/system/node/node0/numastat", "\xff\n");
  CHECK(collect(meminfo_numa_collector, tree.env()).status.error().code == Errc::malformed);
}

TEST_CASE("meminfo_numa: nodes come and go, and each has the fields it has") {
  const TemporaryTree tree;
  tree.write("sys/devices/system/node/node0/meminfo",
             "Node 0 MemTotal: 8 kB\nNode 0 HugePages_Total: 3\nNode 0 Active(anon): 1 kB\n");
  tree.write("sys/devices/system/node/node0/numastat", "numa_hit 5\n");
  tree.write("sys/devices/system/node/node10/meminfo", "Node 10 MemTotal: 16 kB\nNode 10 MemFree: x kB\n");
  tree.write("sys/devices/system/node/node10/numastat", "numa_hit 6\nodd-name 7\n");
  tree.write("sys/devices/system/node/node/meminfo", "Node 9 MemTotal: 16 kB\n");
  KeptCollector collector(meminfo_numa_collector, tree.env());
  CHECK(collector.collect().samples ==
        "node_memory_numa_MemTotal{node=\"0\"} 8192\nnode_memory_numa_MemTotal{node=\"10\"} 16384\n"
        "node_memory_numa_HugePages_Total{node=\"0\"} 3\n"
        "node_memory_numa_Active_anon{node=\"0\"} 1024\n"
        "node_memory_numa_numa_hit_total{node=\"0\"} 5\nnode_memory_numa_numa_hit_total{node=\"10\"} 6\n");
  tree.remove("sys/devices/system/node/node0");
  CHECK(collector.collect().samples ==
        "node_memory_numa_MemTotal{node=\"10\"} 16384\nnode_memory_numa_numa_hit_total{node=\"10\"} 6\n");
}
