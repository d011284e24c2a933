#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo xfs_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::xfs_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("xfs: the file systems of the fixture machine") {
  const Collected got = collect(xfs_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/xfs.prom", got.page).empty());
}

TEST_CASE("xfs: no XFS is no data, garbage is malformed, lines may be short or missing") {
  const TemporaryTree tree;
  CHECK(collect(xfs_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("sys/fs/xfs/stats/stats", "rw 1 2\n");
  CHECK(collect(xfs_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("sys/fs/xfs/sda1/stats/stats", "what \xff\n");
  CHECK(collect(xfs_collector, tree.env()).status.error().code == Errc::malformed);
  tree.write("sys/fs/xfs/sda1/stats/stats", "rw 1 2 3\nabt 7 many\nextent_alloc\n");
  CHECK(collect(xfs_collector, tree.env()).samples ==
        "node_xfs_allocation_btree_lookups_total{device=\"sda1\"} 7\n"
        "node_xfs_read_calls_total{device=\"sda1\"} 2\nnode_xfs_write_calls_total{device=\"sda1\"} 1\n");
}

TEST_CASE("xfs: a file system is mounted and unmounted between two scrapes") {
  const TemporaryTree tree;
  tree.write("sys/fs/xfs/sda1/stats/stats", "rw 1 2\n");
  KeptCollector collector(xfs_collector, tree.env());
  CHECK(collector.collect().series == 2);
  tree.write("sys/fs/xfs/sdb1/stats/stats", "rw 1 2\n");
  CHECK(collector.collect().series == 4);
  tree.remove("sys/fs/xfs/sda1");
  const Collected later = collector.collect();
  CHECK(has(later, "sdb1"));
  CHECK_FALSE(has(later, "sda1"));
}
