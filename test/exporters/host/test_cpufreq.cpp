#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo cpufreq_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::cpufreq_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

void write_policy(const TemporaryTree& tree, const std::string& folder, const std::string& khz, const std::string& governor) {
  tree.write(folder + "/scaling_cur_freq", khz + "\n");
  tree.write(folder + "/scaling_governor", governor + "\n");
  tree.write(folder + "/scaling_available_governors", "performance powersave \n");
}

}  // namespace

TEST_CASE("cpufreq: the page of the fixture machine") {
  const Collected got = collect(cpufreq_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/cpufreq.prom", got.page) == "");
}

TEST_CASE("cpufreq: without the folder, and with CPUs that have no frequency, there is no data") {
  const TemporaryTree tree;
  CHECK(collect(cpufreq_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("sys/devices/system/cpu/cpu0/topology/core_id", "0\n");
  tree.write("sys/devices/system/cpu/cpufreq/boost", "1\n");
  CHECK(collect(cpufreq_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("cpufreq: a folder of its own for each CPU, and a link to another CPU's, as old kernels have them") {
  const TemporaryTree tree;
  write_policy(tree, "sys/devices/system/cpu/cpu0/cpufreq", "1000000", "powersave");
  tree.link("sys/devices/system/cpu/cpu1/cpufreq", "../cpu0/cpufreq");
  write_policy(tree, "sys/devices/system/cpu/cpu10/cpufreq", "3000000", "performance");
  const Collected got = collect(cpufreq_collector, tree.env());
  REQUIRE(got.status);
  CHECK(has(got,
            "node_cpu_scaling_frequency_hertz{cpu=\"0\"} 1000000000\nnode_cpu_scaling_frequency_hertz{cpu=\"1\"} 1000000000\n"
            "node_cpu_scaling_frequency_hertz{cpu=\"10\"} 3000000000\n"));
  CHECK(has(got,
            "node_cpu_scaling_governor{cpu=\"10\",governor=\"performance\"} 1\n"
            "node_cpu_scaling_governor{cpu=\"10\",governor=\"powersave\"} 0\n"));
  CHECK_FALSE(has(got, "node_cpu_frequency_max_hertz"));
}

TEST_CASE("cpufreq: frequency and governor are read at every scrape") {
  const TemporaryTree tree;
  write_policy(tree, "sys/devices/system/cpu/cpu0/cpufreq", "1000000", "powersave");
  KeptCollector collector(cpufreq_collector, tree.env());
  CHECK(has(collector.collect(), "governor=\"powersave\"} 1\n"));
  write_policy(tree, "sys/devices/system/cpu/cpu0/cpufreq", "2500000", "performance");
  const Collected got = collector.collect();
  CHECK(has(got, "node_cpu_scaling_frequency_hertz{cpu=\"0\"} 2500000000\n"));
  CHECK(has(got, "governor=\"performance\"} 1\n"));
}

TEST_CASE("cpufreq: a CPU that is switched off goes at once, a driver that comes later within a minute") {
  const TemporaryTree tree;
  ManualClock clock;
  tree.write("sys/devices/system/cpu/online", "0-1\n");
  tree.write("sys/devices/system/cpu/cpu1/online", "1\n");
  write_policy(tree, "sys/devices/system/cpu/cpu0/cpufreq", "1000000", "powersave");
  KeptCollector collector(cpufreq_collector, tree.env(&clock));
  CHECK_FALSE(has(collector.collect(), "cpu=\"1\""));
  write_policy(tree, "sys/devices/system/cpu/cpu1/cpufreq", "1000000", "powersave");
  clock.advance(std::chrono::seconds{60});
  CHECK(has(collector.collect(), "cpu=\"1\""));
  tree.write("sys/devices/system/cpu/online", "0\n");
  CHECK_FALSE(has(collector.collect(), "cpu=\"1\""));
}

TEST_CASE("cpufreq: what cannot be read gives no sample") {
  const TemporaryTree tree;
  write_policy(tree, "sys/devices/system/cpu/cpu0/cpufreq", "<unknown>", "");
  write_policy(tree, "sys/devices/system/cpu/cpu1/cpufreq", "-5", "userspace");
  write_policy(tree, "sys/devices/system/cpu/cpu2/cpufreq", "18446744073709551615", "");
  const Collected got = collect(cpufreq_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples ==
        "node_cpu_scaling_governor{cpu=\"1\",governor=\"performance\"} 0\n"
        "node_cpu_scaling_governor{cpu=\"1\",governor=\"powersave\"} 0\n");
}

TEST_CASE("cpufreq: a kernel that is too slow ends in a timeout, not in half a page") {
  KeptCollector collector(cpufreq_collector, fixture_host());
  CHECK(collector.collect(std::chrono::seconds{-1}).status.error().code == Errc::timeout);
}

TEST_CASE("cpufreq: a governor that is named twice is shown once, and no more than 32 are") {
  const TemporaryTree tree;
  write_policy(tree, "sys/devices/system/cpu/cpu0/cpufreq", "1000000", "powersave");
  std::string names = "powersave powersave";
  for (int i = 0; i < 40; ++i) names += " g" + std::to_string(i);
  tree.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_available_governors", names);
  CHECK(collect(cpufreq_collector, tree.env()).series == 1 + 32);
}
