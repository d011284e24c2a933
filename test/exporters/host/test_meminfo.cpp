#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo meminfo_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::meminfo_collector;

TEST_CASE("meminfo: the fixture machine") {
  const Collected got = collect(meminfo_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/meminfo.prom", got.page) == "");
}

TEST_CASE("meminfo: no file is no data") {
  const TemporaryTree tree;
  const Collected got = collect(meminfo_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("meminfo: a file that says something else is malformed") {
  const std::string text = GENERATE(as<std::string>{}, "", "\n", "garbage", "\xff\xfe: \xff kB\n", "a b c d e f g h\n");
  const TemporaryTree tree;
  tree.write("proc/meminfo", text);
  const Collected got = collect(meminfo_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::malformed);
  CHECK(got.series == 0);
}

TEST_CASE("meminfo: one bad line does not cost the others, and no field comes twice") {
  const TemporaryTree tree;
  tree.write(
      "proc/meminfo",
      "MemTotal: many kB\nMemFree: 12 kB\nMemFree: 13 kB\nDirty: -1 kB\nSlab: 1 MB\nActive(anon): 1 kB extra\nFoo: 1 kB\n"
      "HugePages_Total: 3\nVmallocTotal: 34359738367 kB");
  const Collected got = collect(meminfo_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples ==
        "node_memory_MemFree_bytes 12288\nnode_memory_Active_anon_bytes 1024\nnode_memory_HugePages_Total 3\n"
        "node_memory_VmallocTotal_bytes 35184372087808\n");
}

TEST_CASE("meminfo: the order of the lines may change between two scrapes") {
  const TemporaryTree tree;
  tree.write("proc/meminfo", "MemTotal: 8 kB\nMemFree: 4 kB\n");
  KeptCollector collector(meminfo_collector, tree.env());
  CHECK(collector.collect().samples == "node_memory_MemTotal_bytes 8192\nnode_memory_MemFree_bytes 4096\n");
  tree.write("proc/meminfo", "MemFree: 4 kB\nBuffers: 1 kB\nMemTotal: 8 kB\n");
  CHECK(collector.collect().samples ==
        "node_memory_MemFree_bytes 4096\nnode_memory_Buffers_bytes 1024\nnode_memory_MemTotal_bytes 8192\n");
}
