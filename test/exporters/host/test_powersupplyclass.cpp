#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo powersupplyclass_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::powersupplyclass_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("powersupplyclass: the supplies of the fixture machine") {
  const Collected got = collect(powersupplyclass_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/powersupplyclass.prom", got.page).empty());
}

TEST_CASE("powersupplyclass: no such class is no data, an empty one an empty page") {
  const TemporaryTree tree;
  KeptCollector collector(powersupplyclass_collector, tree.env());
  CHECK(collector.collect().status.error().code == Errc::no_data);
  tree.write("sys/class/power_supply/AC/online", "1\n");
  CHECK(collector.collect().series == 2);
  tree.remove("sys/class/power_supply/AC");
  const Collected got = collector.collect();
  CHECK(got.status);
  CHECK(got.page.empty());
}

TEST_CASE("powersupplyclass: a battery that runs down; what has no answer has no sample") {
  const TemporaryTree tree;
  tree.write("sys/class/power_supply/ups/capacity", "81\n");
  tree.write("sys/class/power_supply/ups/status", "Charging\n");
  tree.write("sys/class/power_supply/ups/voltage_now", "\n");
  tree.write("sys/class/power_supply/ups/temp", "warm\n");
  tree.write("sys/class/power_supply/ups/current_now/refused", "");
  tree.write("sys/class/power_supply/ups/manufacturer",
             "\xff\xfe"
             "APC\xff\n");
  tree.link("sys/class/power_supply/gone", "../../devices/gone");
  KeptCollector collector(powersupplyclass_collector, tree.env(), {{"collector.powersupply.ignored-supplies", "^gone$"}});
  Collected got = collector.collect();
  CHECK(got.samples ==
        "node_power_supply_info{manufacturer=\"\xEF\xBF\xBD"
        "APC\xEF\xBF\xBD\",power_supply=\"ups\",status=\"Charging\"} 1\n"
        "node_power_supply_capacity{power_supply=\"ups\"} 81\n");
  tree.write("sys/class/power_supply/ups/capacity", "79\n");
  tree.write("sys/class/power_supply/ups/status", "Discharging\n");
  got = collector.collect();
  CHECK(has(got, "status=\"Discharging\""));
  CHECK(has(got, "node_power_supply_capacity{power_supply=\"ups\"} 79\n"));
}

TEST_CASE("powersupplyclass: millionths and tenths") {
  const TemporaryTree tree;
  tree.write("sys/class/power_supply/b/voltage_min_design", "-1\n");
  tree.write("sys/class/power_supply/b/charge_now", "1000154\n");
  tree.write("sys/class/power_supply/b/temp_ambient_max", "-105\n");
  tree.write("sys/class/power_supply/b/time_to_full_now", "3600\n");
  const Collected got = collect(powersupplyclass_collector, tree.env());
  CHECK(has(got, "node_power_supply_voltage_min_design{power_supply=\"b\"} -1e-06\n"));
  CHECK(has(got, "node_power_supply_charge_ampere{power_supply=\"b\"} 1.000154\n"));
  CHECK(has(got, "node_power_supply_temp_ambient_max_celsius{power_supply=\"b\"} -10.5\n"));
  CHECK(has(got, "node_power_supply_time_to_full_seconds{power_supply=\"b\"} 3600\n"));
}

TEST_CASE("powersupplyclass: an expression that does not compile is the operator's error") {
  const TemporaryTree tree;
  const FakeSettings settings(powersupplyclass_collector, {{"collector.powersupply.ignored-supplies", "("}});
  const MadeCollector made = powersupplyclass_collector.make(tree.env(), settings);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Errc::config);
}
