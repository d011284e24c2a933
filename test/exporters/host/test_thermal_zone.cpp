#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo thermal_zone_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::thermal_zone_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("thermal_zone: the zones and cooling devices of the fixture machine") {
  const Collected got = collect(thermal_zone_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/thermal_zone.prom", got.page).empty());
}

TEST_CASE("thermal_zone: no such class is no data, an empty one an empty page") {
  const TemporaryTree tree;
  KeptCollector collector(thermal_zone_collector, tree.env());
  CHECK(collector.collect().status.error().code == Errc::no_data);
  tree.write("sys/class/thermal/power/control", "auto\n");
  const Collected got = collector.collect();
  CHECK(got.status);
  CHECK(got.series == 0);
}

TEST_CASE("thermal_zone: a zone without an answer has no sample at that scrape, and may come back or go") {
  const TemporaryTree tree;
  tree.write("sys/class/thermal/thermal_zone3/type", "acpitz\n");
  tree.write("sys/class/thermal/thermal_zone3/temp", "\n");
  tree.write("sys/class/thermal/thermal_zone4/temp", "1000\n");  // without a type
  tree.write("sys/class/thermal/cooling_device1/type", "Fan\n");
  tree.write("sys/class/thermal/cooling_device1/max_state", "many\n");
  tree.link("sys/class/thermal/thermal_zone5", "thermal_zone5");
  KeptCollector collector(thermal_zone_collector, tree.env());
  CHECK(collector.collect().series == 0);
  tree.write("sys/class/thermal/thermal_zone3/temp", "27800\n");
  CHECK(collector.collect().samples == "node_thermal_zone_temp{type=\"acpitz\",zone=\"3\"} 27.8\n");
  tree.remove("sys/class/thermal/thermal_zone3");
  CHECK(collector.collect().series == 0);
}

TEST_CASE("thermal_zone: a device that cools harder") {
  const TemporaryTree tree;
  tree.write("sys/class/thermal/cooling_device0/type", "Processor\n");
  tree.write("sys/class/thermal/cooling_device0/max_state", "10\n");
  tree.write("sys/class/thermal/cooling_device0/cur_state", "0\n");
  KeptCollector collector(thermal_zone_collector, tree.env());
  CHECK(has(collector.collect(), "node_cooling_device_cur_state{name=\"0\",type=\"Processor\"} 0\n"));
  tree.write("sys/class/thermal/cooling_device0/cur_state", "7\n");
  CHECK(has(collector.collect(), "node_cooling_device_cur_state{name=\"0\",type=\"Processor\"} 7\n"));
}
