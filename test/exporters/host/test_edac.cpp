#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo edac_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::edac_collector;

TEST_CASE("edac: the memory of the fixture machine") {
  const Collected got = collect(edac_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/edac.prom", got.page).empty());
}

TEST_CASE("edac: a machine without ECC is no data, a driver without controllers an empty page") {
  const TemporaryTree tree;
  KeptCollector collector(edac_collector, tree.env());
  CHECK(collector.collect().status.error().code == Errc::no_data);
  tree.write("sys/devices/system/edac/mc/power/control", "auto\n");
  const Collected got = collector.collect();
  CHECK(got.status);
  CHECK(got.series == 0);
}

TEST_CASE("edac: a file that is missing or no number costs its own sample") {
  const TemporaryTree tree;
  tree.write("sys/devices/system/edac/mc/mc0/ce_count", "7\n");
  tree.write("sys/devices/system/edac/mc/mc0/ue_count", "none\n");
  tree.write("sys/devices/system/edac/mc/mc0/csrow1/ch2_ce_count", "6\n");
  tree.write("sys/devices/system/edac/mc/mc0/csrow1/ch2_dimm_label", "DIMM_A1 \xff\xfe\n");
  tree.write("sys/devices/system/edac/mc/mc0/csrow1/chX_ce_count", "6\n");
  tree.write("sys/devices/system/edac/mc/mcX/ce_count", "1\n");
  tree.link("sys/devices/system/edac/mc/mc1", "mc1");
  const Collected got = collect(edac_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples ==
        "node_edac_correctable_errors_total{controller=\"0\"} 7\n"
        "node_edac_channel_correctable_errors_total{channel=\"2\",controller=\"0\",csrow=\"1\",dimm_label=\"DIMM_A1 "
        "\xEF\xBF\xBD\"} 6\n");
}

TEST_CASE("edac: another error, and another controller") {
  const TemporaryTree tree;
  tree.write("sys/devices/system/edac/mc/mc0/ce_count", "7\n");
  KeptCollector collector(edac_collector, tree.env());
  CHECK(collector.collect().samples == "node_edac_correctable_errors_total{controller=\"0\"} 7\n");
  tree.write("sys/devices/system/edac/mc/mc0/ce_count", "8\n");
  tree.write("sys/devices/system/edac/mc/mc1/ue_count", "1\n");
  CHECK(collector.collect().samples ==
        "node_edac_correctable_errors_total{controller=\"0\"} 8\nnode_edac_uncorrectable_errors_total{controller=\"1\"} 1\n");
}
