#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo mdadm_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::mdadm_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("mdadm: the arrays of the fixture machine") {
  const Collected got = collect(mdadm_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/mdadm.prom", got.page).empty());
}

TEST_CASE("mdadm: no RAID in the kernel is no data, no array is an empty page") {
  const TemporaryTree tree;
  CHECK(collect(mdadm_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("proc/mdstat", "Personalities : \nunused devices: <none>\n");
  const Collected none = collect(mdadm_collector, tree.env());
  CHECK(none.status);
  CHECK(none.series == 0);
  tree.write("proc/mdstat", "");
  CHECK(collect(mdadm_collector, tree.env()).status);
  tree.write("proc/mdstat", "what \xff is this\n");
  CHECK(collect(mdadm_collector, tree.env()).status.error().code == Errc::malformed);
}

TEST_CASE("mdadm: an array that cannot be read does not lose the others") {
  const TemporaryTree tree;
  tree.write("proc/mdstat",
             "Personalities : [raid1]\n"
             "md0 : active raid1 sda1[0] sdb1[1]\n"
             "md1 : active raid1 sdc1[0] sdd1[1](F)\n      100 blocks [2/1] [U_]\n\n"
             "md2 : active raid1\n      many blocks\n\n"
             "md3 :\n      5 blocks [2/x] [9999999999999999999999/1]\n");
  const Collected got = collect(mdadm_collector, tree.env());
  REQUIRE(got.status);
  CHECK(has(got, "node_md_disks{device=\"md1\",state=\"failed\"} 1\n"));
  CHECK(has(got, "node_md_disks_required{device=\"md1\"} 2\n"));
  CHECK_FALSE(has(got, "md0"));
  CHECK_FALSE(has(got, "md2"));
  CHECK_FALSE(has(got, "md3"));
}

TEST_CASE("mdadm: arrays come, change and go between two scrapes") {
  const TemporaryTree tree;
  tree.write("proc/mdstat",
             "Personalities : [raid1]\nmd0 : active raid1 a[0] b[1]\n      8 blocks [2/2] [UU]\n\nmd1 : active raid1 c[0] "
             "d[1]\n      9 blocks [2/2] [UU]\n");
  tree.write("sys/block/md1/md/degraded", "0\n");
  KeptCollector collector(mdadm_collector, tree.env());
  CHECK(has(collector.collect(), "node_md_degraded{device=\"md1\"} 0\n"));
  tree.write("sys/block/md1/md/degraded", "1\n");
  tree.write("proc/mdstat",
             "Personalities : [raid1]\nmd1 : active raid1 c[0](F) d[1]\n      9 blocks [2/1] [_U]\n      resync=DELAYED\n");
  const Collected later = collector.collect();
  CHECK(has(later, "node_md_degraded{device=\"md1\"} 1\n"));
  CHECK(has(later, "node_md_state{device=\"md1\",state=\"resync\"} 1\n"));
  CHECK(has(later, "node_md_blocks_synced{device=\"md1\"} 0\n"));
  CHECK_FALSE(has(later, "md0"));
}
