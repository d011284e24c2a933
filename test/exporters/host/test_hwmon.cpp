#include "support/catch.h"
#include "support/collector_test.h"

#include "host/sources/hwmon_names.h"

namespace finwatch::host {
extern const CollectorInfo hwmon_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::hwmon_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("hwmon: the sensors of the fixture machine") {
  const Collected got = collect(hwmon_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/hwmon.prom", got.page).empty());
}

TEST_CASE("hwmon: how the name of a file is read") {
  using host::split_sensor_file;
  const auto is = [](std::string_view file, std::string_view type, unsigned number, std::string_view element) {
    const auto name = split_sensor_file(file);
    return name && name->type == type && name->number == number && name->element == element;
  };
  CHECK(is("temp1_crit_alarm", "temp", 1, "crit_alarm"));
  CHECK(is("pwm12", "pwm", 12, ""));
  CHECK(is("temp05_input", "temp", 5, "input"));
  CHECK(is("pwm1_auto_point2_temp", "pwm", 1, "auto_point2_temp"));
  CHECK(is("update_interval", "update_interval", 0, ""));
  CHECK(is("vrm", "vrm", 0, ""));
  for (const char* file :
       {"", "name", "uevent", "temp1x", "temp6_", "in_input", "1temp", "temp99999999999_input", "interval1"}) {
    CAPTURE(file);
    CHECK_FALSE(split_sensor_file(file));
  }
}

TEST_CASE("hwmon: families and scales are those that dashboards know") {
  const auto family = [](std::string_view type, std::string_view element, bool bare = false) {
    const host::HwmonFamily found = host::hwmon_family(type, element, bare);
    CHECK(name_matches(found.desc->name, found.name));
    CHECK((found.desc->type == MetricType::counter) == found.name.ends_with("_total"));
    return std::pair(found.name, 7e6 * found.multiply / found.divide);
  };
  using Pair = std::pair<std::string, double>;
  CHECK(family("temp", "input") == Pair("node_hwmon_temp_celsius", 7000));
  CHECK(family("temp", "", true) == Pair("node_hwmon_temp_celsius", 7000));
  CHECK(family("temp", "input", true) == Pair("node_hwmon_temp_input_celsius", 7000));
  CHECK(family("temp", "type") == Pair("node_hwmon_temp_type", 7e6));
  CHECK(family("temp", "alarm") == Pair("node_hwmon_temp_alarm", 7e6));
  CHECK(family("temp", "crit_alarm") == Pair("node_hwmon_temp_crit_alarm_celsius", 7000));
  CHECK(family("temp", "MAX foo") == Pair("node_hwmon_temp_max_foo_celsius", 7000));
  CHECK(family("fan", "input") == Pair("node_hwmon_fan_rpm", 7e6));
  CHECK(family("fan", "div") == Pair("node_hwmon_fan_div", 7e6));
  CHECK(family("fan", "max_alarm") == Pair("node_hwmon_fan_max_alarm", 7e6));
  CHECK(family("in", "max_alarm") == Pair("node_hwmon_in_max_alarm_volts", 7000));
  CHECK(family("cpu", "vid") == Pair("node_hwmon_cpu_vid_volts", 7000));
  CHECK(family("curr", "alarm") == Pair("node_hwmon_curr_alarm", 7e6));
  CHECK(family("energy", "input") == Pair("node_hwmon_energy_joule_total", 7));
  CHECK(family("energy", "enable") == Pair("node_hwmon_energy_enable_joule_total", 7));
  CHECK(family("power", "average_interval_max") == Pair("node_hwmon_power_average_interval_max_seconds", 7000));
  CHECK(family("power", "crit_alarm") == Pair("node_hwmon_power_crit_alarm_watt", 7));
  CHECK(family("power", "beep") == Pair("node_hwmon_power_beep_enabled", 7e6));
  CHECK(family("humidity", "max") == Pair("node_hwmon_humidity_max", 7));
  CHECK(family("freq", "input") == Pair("node_hwmon_freq_freq_mhz", 7));
  CHECK(family("freq", "max") == Pair("node_hwmon_freq_max", 7e6));
  CHECK(family("intrusion", "foo") == Pair("node_hwmon_intrusion_foo", 7e6));
  CHECK(family("update_interval", "") == Pair("node_hwmon_update_interval_seconds", 7000));
}

TEST_CASE("hwmon: names are cleaned") {
  using host::clean_hwmon_name;
  CHECK(clean_hwmon_name("0000:03:00.0") == "0000:03:00_0");
  CHECK(clean_hwmon_name("  BMC sensors\n") == "bmc_sensors");
  CHECK(clean_hwmon_name("风扇1") == "1");
  CHECK(clean_hwmon_name("a风\xff"
                         "b") == "a__b");
  CHECK(clean_hwmon_name("__") == "");
}

TEST_CASE("hwmon: no such class is no data, an empty one an empty page") {
  const TemporaryTree tree;
  KeptCollector collector(hwmon_collector, tree.env());
  CHECK(collector.collect().status.error().code == Errc::no_data);
  tree.write("sys/class/hwmon/hwmon0/temp1_input", "1000\n");
  CHECK(collector.collect().samples == "node_hwmon_temp_celsius{chip=\"hwmon0\",sensor=\"temp1\"} 1\n");
  tree.remove("sys/class/hwmon/hwmon0");
  const Collected got = collector.collect();
  CHECK(got.status);
  CHECK(got.series == 0);
}

TEST_CASE("hwmon: chips under one device are told apart by name, else by number") {
  const TemporaryTree tree;
  for (const char* number : {"0", "1", "2", "3"}) {
    const std::string chip = std::string("sys/devices/platform/wmi/hwmon/hwmon") + number;
    tree.write(chip + "/temp1_input", std::string(number) + "000\n");
    tree.link(chip + "/device", "../..");
    tree.link(std::string("sys/class/hwmon/hwmon") + number, std::string("../../devices/platform/wmi/hwmon/hwmon") + number);
  }
  tree.write("sys/devices/platform/wmi/hwmon/hwmon0/name", "asus\n");
  tree.write("sys/devices/platform/wmi/hwmon/hwmon1/name", "fans\n");
  tree.write("sys/devices/platform/wmi/hwmon/hwmon2/name", "fans\n");
  const Collected got = collect(hwmon_collector, tree.env());
  CHECK(has(got, "node_hwmon_temp_celsius{chip=\"platform_wmi_asus\",sensor=\"temp1\"} 0\n"));
  CHECK(has(got, "node_hwmon_temp_celsius{chip=\"platform_wmi_hwmon1\",sensor=\"temp1\"} 1\n"));
  CHECK(has(got, "node_hwmon_temp_celsius{chip=\"platform_wmi_hwmon2\",sensor=\"temp1\"} 2\n"));
  CHECK(has(got, "node_hwmon_temp_celsius{chip=\"platform_wmi_hwmon3\",sensor=\"temp1\"} 3\n"));
  CHECK(has(got, "node_hwmon_chip_names{chip=\"platform_wmi_hwmon2\",chip_name=\"fans\"} 1\n"));
}

TEST_CASE("hwmon: a sensor that has no answer has no sample, and may have one later") {
  const TemporaryTree tree;
  tree.write("sys/class/hwmon/hwmon0/name", "bmc\n");
  tree.write("sys/class/hwmon/hwmon0/temp1_input", "\n");
  tree.write("sys/class/hwmon/hwmon0/temp2_input", "not ready\n");
  tree.write("sys/class/hwmon/hwmon0/temp3_input/folder", "");
  tree.write("sys/class/hwmon/hwmon0/beep_enable", "\n");
  tree.write("sys/class/hwmon/hwmon0/freq1_input", "1000000\n");  // without a label
  tree.link("sys/class/hwmon/hwmon0/fan1_input", "fan1_input");
  KeptCollector collector(hwmon_collector, tree.env());
  CHECK(collector.collect().samples == "node_hwmon_chip_names{chip=\"bmc\",chip_name=\"bmc\"} 1\n");
  tree.write("sys/class/hwmon/hwmon0/temp1_input", "-5500\n");
  tree.write("sys/class/hwmon/hwmon0/beep_enable", "2\n");
  const Collected got = collector.collect();
  CHECK(has(got, "node_hwmon_temp_celsius{chip=\"bmc\",sensor=\"temp1\"} -5.5\n"));
  CHECK(has(got, "node_hwmon_beep_enabled{chip=\"bmc\",sensor=\"beep_enable0\"} 0\n"));
}

TEST_CASE("hwmon: two clocks of one label are one series") {
  const TemporaryTree tree;
  for (const char* clock : {"freq1", "freq2"}) {
    tree.write(std::string("sys/class/hwmon/hwmon0/") + clock + "_input", "214000000\n");
    tree.write(std::string("sys/class/hwmon/hwmon0/") + clock + "_label", "SCLK\n");
  }
  const Collected got = collect(hwmon_collector, tree.env());
  CHECK(got.series == 3);
  CHECK(has(got, "node_hwmon_freq_freq_mhz{chip=\"hwmon0\",sensor=\"sclk\"} 214\n"));
  CHECK(has(got, "node_hwmon_sensor_label{chip=\"hwmon0\",label=\"SCLK\",sensor=\"freq2\"} 1\n"));
}

TEST_CASE("hwmon: chips and sensors that an operator chose") {
  const Env env = fixture_host();
  Collected got = collect(hwmon_collector, env, {{"collector.hwmon.chip-include", "^platform_coretemp"}});
  CHECK(has(got, "chip=\"platform_coretemp_0\",sensor=\"temp2\"} 51\n"));
  CHECK_FALSE(has(got, "nct6775"));

  got = collect(hwmon_collector, env, {{"collector.hwmon.chip-exclude", "nct6775|coretemp"}});
  CHECK_FALSE(has(got, "coretemp"));
  CHECK(has(got, "power_average_watt"));

  got = collect(hwmon_collector, env, {{"collector.hwmon.sensor-exclude", "^platform_coretemp_0;temp2$"}});
  CHECK_FALSE(has(got, "chip=\"platform_coretemp_0\",sensor=\"temp2\""));
  CHECK_FALSE(has(got, "Core 0"));
  CHECK(has(got, "chip=\"platform_coretemp_0\",sensor=\"temp1\"} 54\n"));

  got = collect(hwmon_collector, env, {{"collector.hwmon.sensor-include", ";fan"}});
  CHECK(has(got, "node_hwmon_fan_rpm"));
  CHECK_FALSE(has(got, "node_hwmon_temp"));

  const FakeSettings both(hwmon_collector, {{"collector.hwmon.chip-include", "a"}, {"collector.hwmon.chip-exclude", "b"}});
  CHECK(hwmon_collector.make(env, both).error().code == Errc::config);
}

TEST_CASE("hwmon: more sensors than files are kept open") {
  const TemporaryTree tree;
  for (int i = 1; i <= 300; ++i)
    tree.write("sys/class/hwmon/hwmon0/temp" + std::to_string(i) + "_input", std::to_string(i * 1000));
  KeptCollector collector(hwmon_collector, tree.env());
  CHECK(collector.collect().series == 300);
  tree.write("sys/class/hwmon/hwmon0/temp300_input", "1000\n");
  const Collected got = collector.collect();
  CHECK(got.series == 300);
  CHECK(has(got, "sensor=\"temp299\"} 299\n"));
  CHECK(has(got, "sensor=\"temp300\"} 1\n"));
}
