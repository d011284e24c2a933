#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo dmmultipath_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::dmmultipath_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("dmmultipath: the multipath devices of the fixture machine") {
  const Collected got = collect(dmmultipath_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/dmmultipath.prom", got.page).empty());
}

TEST_CASE("dmmultipath: a machine without multipath devices has no data") {
  const TemporaryTree tree;
  CHECK(collect(dmmultipath_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("sys/block/dm-0/dm/uuid", "LVM-abc\n");
  CHECK(collect(dmmultipath_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("dmmultipath: a path fails, comes back and goes away") {
  const TemporaryTree tree;
  tree.write("sys/block/dm-0/dm/uuid", "mpath-1\n");
  tree.write("sys/block/dm-0/slaves/sda/x", "");
  tree.write("sys/block/dm-0/slaves/sdb/x", "");
  tree.write("sys/block/sda/device/state", "running\n");
  KeptCollector collector(dmmultipath_collector, tree.env());
  const Collected first = collector.collect();
  CHECK(has(first, "node_dmmultipath_device_paths{device=\"dm-0\",sysfs_name=\"dm-0\"} 2\n"));
  CHECK(has(first, "node_dmmultipath_device_paths_failed{device=\"dm-0\",sysfs_name=\"dm-0\"} 1\n"));
  CHECK(has(first, "node_dmmultipath_path_state{device=\"dm-0\",path=\"sdb\",state=\"unknown\"} 1\n"));
  CHECK_FALSE(has(first, "device_active"));
  tree.write("sys/block/sdb/device/state", "live\n");
  CHECK(has(collector.collect(), "node_dmmultipath_device_paths_active{device=\"dm-0\",sysfs_name=\"dm-0\"} 2\n"));
  tree.remove("sys/block/dm-0/slaves/sda");
  CHECK(has(collector.collect(), "node_dmmultipath_device_paths{device=\"dm-0\",sysfs_name=\"dm-0\"} 1\n"));
  tree.remove("sys/block/dm-0");
  CHECK(collector.collect().status.error().code == Errc::no_data);
}
