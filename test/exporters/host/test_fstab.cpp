#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo fstab_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::fstab_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("fstab: the entries of the fixture machine") {
  const Collected got = collect(fstab_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/fstab.prom", got.page).empty());
}

namespace {

constexpr std::string_view kRoot = "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n";

}  // namespace

TEST_CASE("fstab: swap, noauto, none and comments are no mounts; escapes and slashes are understood") {
  const TemporaryTree tree;
  tree.write("proc/1/mountinfo", std::string(kRoot) + "30 28 8:2 / /a\\040b rw - xfs /dev/sda2 rw\n");
  tree.write("root/etc/fstab",
             "# comment\n\n/dev/sda1 / ext4 defaults\n/dev/sda2 /a\\040b/ xfs noatime 0 2\n/dev/sda3 none swap sw\n"
             "/dev/sda4 /swapfile swap sw\n/dev/sr0 /cd iso9660 ro,noauto\n\tnas:/x   /x\tnfs4\n/dev/half /half\n"
             "nas:/y /twice nfs4 noauto\nnas:/z /twice nfs4 defaults\n");
  const Collected got = collect(fstab_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples ==
        "node_fstab_mount_status{mountpoint=\"/\"} 1\nnode_fstab_mount_status{mountpoint=\"/a b\"} 1\n"
        "node_fstab_mount_status{mountpoint=\"/x\"} 0\nnode_fstab_mount_status{mountpoint=\"/twice\"} 0\n");
}

TEST_CASE("fstab: no file is no data, comments alone are an empty page, other text is malformed") {
  const TemporaryTree tree;
  tree.write("proc/1/mountinfo", kRoot);
  CHECK(collect(fstab_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("root/etc/fstab", "# UNCONFIGURED FSTAB FOR BASE SYSTEM\n");
  CHECK(collect(fstab_collector, tree.env()).status);
  tree.write("root/etc/fstab", "/dev/sda3 none swap sw 0 0\n");
  CHECK(collect(fstab_collector, tree.env()).status);
  tree.write("root/etc/fstab", "not an \xff fstab\n");
  CHECK(collect(fstab_collector, tree.env()).status.error().code == Errc::malformed);
  tree.remove("proc/1/mountinfo");
  tree.write("root/etc/fstab", "/dev/sda1 / ext4 defaults\n");
  CHECK(collect(fstab_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("fstab: a changed file and an unmount are seen by the next scrape") {
  const TemporaryTree tree;
  tree.write("proc/1/mountinfo", std::string(kRoot) + "30 28 8:2 / /data rw - xfs /dev/sda2 rw\n");
  tree.write("root/etc/fstab", "/dev/sda2 /data xfs defaults\n");
  KeptCollector collector(fstab_collector, tree.env());
  CHECK(has(collector.collect(), "mountpoint=\"/data\"} 1"));
  tree.write("proc/1/mountinfo", kRoot);
  CHECK(has(collector.collect(), "mountpoint=\"/data\"} 0"));
  tree.write("root/etc/fstab", "/dev/sda2 /data xfs defaults\n/dev/sda9 /more xfs defaults\n");
  CHECK(has(collector.collect(), "mountpoint=\"/more\"} 0"));
  tree.remove("root/etc/fstab");
  CHECK(collector.collect().status.error().code == Errc::no_data);
}
