#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo tapestats_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::tapestats_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("tapestats: the drive of the fixture machine") {
  const Collected got = collect(tapestats_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/tapestats.prom", got.page).empty());
}

TEST_CASE("tapestats: no drive is no data, and a drive can be left out") {
  const TemporaryTree tree;
  CHECK(collect(tapestats_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("sys/class/scsi_tape/st0/stats/read_cnt", "7\n");
  tree.write("sys/class/scsi_tape/st1/stats/read_cnt", "many\n");
  tree.write("sys/class/scsi_tape/nst0/stats/read_cnt", "7\n");
  const Collected got = collect(tapestats_collector, tree.env());
  CHECK(got.samples == "node_tape_reads_completed_total{device=\"st0\"} 7\n");
  CHECK(collect(tapestats_collector, tree.env(), {{"collector.tapestats.ignored-devices", "^st0$"}}).series == 0);
  CHECK_THROWS(collect(tapestats_collector, tree.env(), {{"collector.tapestats.ignored-devices", "("}}));
}

TEST_CASE("tapestats: a drive may vanish") {
  const TemporaryTree tree;
  tree.write("sys/class/scsi_tape/st0/stats/io_ns", "1500000000\n");
  KeptCollector collector(tapestats_collector, tree.env());
  CHECK(has(collector.collect(), "node_tape_io_time_seconds_total{device=\"st0\"} 1.5\n"));
  tree.remove("sys/class/scsi_tape/st0");
  CHECK(collector.collect().series == 0);
}
