#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo dmi_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::dmi_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("dmi: the firmware of the fixture machine, bytes that are not UTF-8 and U+001C included") {
  const Collected got = collect(dmi_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/dmi.prom", got.page).empty());
  CHECK(has(got,
            "product_version=\"rev\x1c"
            " B\xEF\xBF\xBD 2\""));
}

TEST_CASE("dmi: what the firmware does not say is no label; the files are read once") {
  const TemporaryTree tree;
  tree.write("sys/class/dmi/id/sys_vendor", "QEMU\n");
  tree.write("sys/class/dmi/id/chassis_version", "\n");
  tree.write("sys/class/dmi/id/modalias", "dmi:\n");
  KeptCollector collector(dmi_collector, tree.env());
  CHECK(collector.collect().samples == "node_dmi_info{chassis_version=\"\",system_vendor=\"QEMU\"} 1\n");
  tree.write("sys/class/dmi/id/sys_vendor", "changed\n");
  CHECK(collector.collect().samples == "node_dmi_info{chassis_version=\"\",system_vendor=\"QEMU\"} 1\n");
}

TEST_CASE("dmi: a machine without it is no data, and so is one of which nothing can be read") {
  const TemporaryTree tree;
  KeptCollector collector(dmi_collector, tree.env());
  CHECK(collector.collect().status.error().code == Errc::no_data);
  tree.write("sys/class/dmi/id/product_serial/refused", "");
  CHECK(collector.collect().status.error().code == Errc::no_data);
  tree.write("sys/class/dmi/id/bios_vendor", "Insyde\n");
  CHECK(collector.collect().samples == "node_dmi_info{bios_vendor=\"Insyde\"} 1\n");
}
