#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo diskstats_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::diskstats_collector;

namespace {

constexpr std::string_view kTwo =
    "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n"
    "   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11\n";

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("diskstats: the disks of the fixture machine") {
  const Collected got = collect(diskstats_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/diskstats.prom", got.page).empty());
}

TEST_CASE("diskstats: lines of 14, 18 and 20 fields, and one with more") {
  const TemporaryTree tree;
  tree.write("proc/diskstats",
             "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n"
             "8 16 sdb 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n"
             "8 32 sdc 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
             "8 48 sdd 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19\n"
             "8 64 sde 1 2 3 4 5 6 7 8 9 10 11 12 13\n");
  const Collected got = collect(diskstats_collector, tree.env());
  REQUIRE(got.status);
  CHECK_FALSE(has(got, "node_disk_discards_completed_total{device=\"sda\"}"));
  CHECK(has(got, "node_disk_io_time_weighted_seconds_total{device=\"sda\"} 0.011\n"));
  CHECK(has(got, "node_disk_discard_time_seconds_total{device=\"sdb\"} 0.015\n"));
  CHECK_FALSE(has(got, "node_disk_flush_requests_total{device=\"sdb\"}"));
  CHECK(has(got, "node_disk_flush_requests_time_seconds_total{device=\"sdc\"} 0.017\n"));
  CHECK(has(got, "node_disk_flush_requests_time_seconds_total{device=\"sdd\"} 0.017\n"));
  CHECK_FALSE(has(got, "node_disk_discards_completed_total{device=\"sde\"}"));
  CHECK(has(got, "node_disk_read_bytes_total{device=\"sda\"} 1536\n"));
}

TEST_CASE("diskstats: partitions, loops and RAM disks are left out unless they are asked for") {
  const TemporaryTree tree;
  tree.write("proc/diskstats",
             "8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n259 1 nvme0n1p1 1 2 3 4 5 6 7 8 9 10 11\n"
             "7 0 loop0 1 2 3 4 5 6 7 8 9 10 11\n254 0 vda 1 2 3 4 5 6 7 8 9 10 11\n");
  const Collected usual = collect(diskstats_collector, tree.env());
  CHECK(has(usual, "device=\"vda\""));
  CHECK_FALSE(has(usual, "sda1"));
  CHECK_FALSE(has(usual, "loop0"));
  CHECK_FALSE(has(usual, "nvme0n1p1"));
  const Collected included =
      collect(diskstats_collector, tree.env(), {{"collector.diskstats.device-include", "^(sda1|loop0)$"}});
  CHECK(has(included, "sda1"));
  CHECK(has(included, "loop0"));
  CHECK_FALSE(has(included, "vda"));
  CHECK_FALSE(has(collect(diskstats_collector, tree.env(), {{"collector.diskstats.device-exclude", "vd"}}), "vda"));
  CHECK_THROWS(collect(diskstats_collector, tree.env(),
                       {{"collector.diskstats.device-include", "a"}, {"collector.diskstats.device-exclude", "b"}}));
}

TEST_CASE("diskstats: disks come and go between two scrapes") {
  const TemporaryTree tree;
  tree.write("proc/diskstats", kTwo);
  tree.write("udev/b8:16", "E:ID_MODEL=first\n");
  KeptCollector collector(diskstats_collector, tree.env());
  CHECK(has(collector.collect(), "model=\"first\""));
  tree.write("proc/diskstats", "8 16 sdb 1 2 3 4 5 6 7 8 9 10 11\n8 32 sdc 9 2 3 4 5 6 7 8 9 10 11\n");
  tree.write("udev/b8:16", "E:ID_MODEL=second\n");
  const Collected later = collector.collect();
  CHECK_FALSE(has(later, "sda"));
  CHECK(has(later, "node_disk_reads_completed_total{device=\"sdc\"} 9\n"));
  CHECK(has(later, "model=\"second\""));
}

TEST_CASE("diskstats: the serial number printed on the disk comes first") {
  const TemporaryTree tree;
  tree.write("proc/diskstats", kTwo);
  tree.write(
      "udev/b8:0",
      "E:ID_SERIAL=long\nE:ID_SERIAL_SHORT=short\nE:SCSI_IDENT_SERIAL=printed\nE:noise\nX:ID_WWN=no\nE:ID_ATA_WRITE_CACHE=1\n");
  tree.write("udev/b8:16", "E:ID_SERIAL=long\nE:ID_ATA=1\nE:ID_ATA_WRITE_CACHE=perhaps\nE:ID_ATA_ROTATION_RATE_RPM=0\n");
  const Collected got = collect(diskstats_collector, tree.env());
  CHECK(has(got, "device=\"sda\",major=\"8\",minor=\"0\",path=\"\",wwn=\"\",model=\"\",serial=\"printed\""));
  CHECK(has(got, "serial=\"long\""));
  CHECK_FALSE(has(got, "ata_write_cache"));
  CHECK(has(got, "node_disk_ata_rotation_rate_rpm{device=\"sdb\"} 0\n"));
}

TEST_CASE("diskstats: no file, an empty one, garbage, and one bad line") {
  const TemporaryTree tree;
  CHECK(collect(diskstats_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("proc/diskstats", "");
  CHECK(collect(diskstats_collector, tree.env()).status);
  tree.write("proc/diskstats", "no disks \xff here\n");
  CHECK(collect(diskstats_collector, tree.env()).status.error().code == Errc::malformed);
  tree.write("proc/diskstats", std::string(kTwo) + "8 32 sdc 1 2 3 4 five\n8 48 sd");
  const Collected got = collect(diskstats_collector, tree.env());
  CHECK(has(got, "sdb"));
  CHECK_FALSE(has(got, "sdc"));
}
