#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo cpu_collector;
extern const CollectorInfo stat_collector;
}  // namespace finwatch::host

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::cpu_collector;
using finwatch::host::stat_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

std::string idle_of(const Collected& got, const std::string& cpu) {
  const std::string start = "node_cpu_seconds_total{cpu=\"" + cpu + "\",mode=\"idle\"} ";
  const std::size_t at = got.samples.find(start);
  if (at == std::string::npos) return "none";
  return got.samples.substr(at + start.size(), got.samples.find('\n', at) - at - start.size());
}

void write_core(const TemporaryTree& tree, const std::string& cpu, const char* package, const char* core,
                const char* throttles) {
  const std::string folder = "sys/devices/system/cpu/" + cpu;
  tree.write(folder + "/topology/physical_package_id", package);
  tree.write(folder + "/topology/core_id", core);
  tree.write(folder + "/thermal_throttle/core_throttle_count", throttles);
}

const std::map<std::string, std::string> kWithInfo = {{"collector.cpu.info", "true"}};

}  // namespace

TEST_CASE("cpu: the page of the fixture machine") {
  const Collected got = collect(
      cpu_collector, fixture_host(),
      {{"collector.cpu.info.flags-include", "^(aes|avx.*|constant_tsc)$"}, {"collector.cpu.info.bugs-include", "^spec"}});
  REQUIRE(got.status);
  CHECK(compare_golden("host/cpu.prom", got.page) == "");
}

TEST_CASE("cpu: what the CPU is only when it is asked for; guests unless they are not") {
  const Collected usual = collect(cpu_collector, fixture_host());
  CHECK_FALSE(has(usual, "node_cpu_info"));
  CHECK_FALSE(has(usual, "node_cpu_frequency_hertz"));
  CHECK(has(usual, "node_cpu_guest_seconds_total{cpu=\"0\",mode=\"user\"} 1000\n"));
  CHECK_FALSE(has(collect(cpu_collector, fixture_host(), {{"collector.cpu.guest", "false"}}), "guest"));
  const Collected info = collect(cpu_collector, fixture_host(), kWithInfo);
  CHECK(has(info, "node_cpu_info"));
  CHECK_FALSE(has(info, "node_cpu_flag_info"));
  CHECK_THROWS(collect(cpu_collector, fixture_host(), {{"collector.cpu.info.flags-include", "("}}));
}

TEST_CASE("cpu: no /proc/stat is no data; no /sys and no /proc/cpuinfo cost their own samples only") {
  const TemporaryTree tree;
  CHECK(collect(cpu_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("proc/stat", "cpu  1 2 3 4\ncpu0 1 2 3 400\n");
  const Collected got = collect(cpu_collector, tree.env(), kWithInfo);
  REQUIRE(got.status);
  // Four modes, as the oldest kernels have: the others are unknown, not 0.
  CHECK(got.samples ==
        "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 0.01\nnode_cpu_seconds_total{cpu=\"0\",mode=\"nice\"} 0.02\n"
        "node_cpu_seconds_total{cpu=\"0\",mode=\"system\"} 0.03\nnode_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 4\n");
}

TEST_CASE("cpu: counters that step back keep the larger value, unless idle falls by 3 seconds") {
  const TemporaryTree tree;
  tree.write("proc/stat", "cpu0 500 0 0 1000 70 0 0 0 0 0\ncpu1 500 0 0 1000 70 0 0 0 0 0\n");
  KeptCollector collector(cpu_collector, tree.env());
  CHECK(idle_of(collector.collect(), "0") == "10");
  // CPU 0 steps back by 2.99 seconds of idle, CPU 1 by 3: it was switched off and on.
  tree.write("proc/stat", "cpu0 510 0 0 701 60 0 0 0 0 0\ncpu1 5 0 0 700 6 0 0 0 0 0\n");
  const Collected later = collector.collect();
  CHECK(idle_of(later, "0") == "10");
  CHECK(has(later, "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 5.1\n"));
  CHECK(has(later, "node_cpu_seconds_total{cpu=\"0\",mode=\"iowait\"} 0.7\n"));
  CHECK(idle_of(later, "1") == "7");
  CHECK(has(later, "node_cpu_seconds_total{cpu=\"1\",mode=\"user\"} 0.05\n"));
  CHECK(has(later, "node_cpu_seconds_total{cpu=\"1\",mode=\"iowait\"} 0.06\n"));
  tree.write("proc/stat", "cpu0 520 0 0 1001 71 0 0 0 0 0\ncpu1 6 0 0 701 6 0 0 0 0 0\n");
  CHECK(idle_of(collector.collect(), "0") == "10.01");
}

TEST_CASE("cpu: a CPU that is switched off leaves the page, and its counters are forgotten") {
  const TemporaryTree tree;
  tree.write("proc/stat", "cpu0 1 1 1 1000\ncpu2 1 1 1 1000\n");
  KeptCollector collector(cpu_collector, tree.env());
  CHECK(idle_of(collector.collect(), "2") == "10");
  tree.write("proc/stat", "cpu0 1 1 1 1001\n");
  CHECK(idle_of(collector.collect(), "2") == "none");
  tree.write("proc/stat", "cpu0 1 1 1 1002\ncpu2 1 1 1 999\n");
  CHECK(idle_of(collector.collect(), "2") == "9.99");
}

TEST_CASE("cpu: lines that are no CPU's are malformed, and nothing is shown") {
  const TemporaryTree tree;
  for (const char* text : {"", "ctxt 5\n", "cpu  1 2 3 4\n", "cpu0 1 2 3\n", "cpu0 1 2 3 four\n", "cpux 1 2 3 4\n",
                           "cpu0 1 2 3 -4\n", "cpu1 1 2 3 4\ncpu0 1 2 3 4\n", "cpu0 1 2 3 4\ncpu0 1 2 3 4\n",
                           "cpu8192 1 2 3 4\n", "cpu0 1 2 3 99999999999999999999\n"}) {
    tree.write("proc/stat", text);
    CAPTURE(text);
    const Collected got = collect(cpu_collector, tree.env());
    CHECK(got.status.error().code == Errc::malformed);
    CHECK(got.series == 0);
  }
}

TEST_CASE("cpu: /proc/stat is read once a scrape, also for stat") {
  const TemporaryTree tree;
  const Env env = tree.env();
  tree.write("proc/stat", "cpu0 1 2 3 400\nctxt 7\n");
  KeptCollector cpu(cpu_collector, env);
  KeptCollector stat(stat_collector, env);
  CHECK(idle_of(cpu.collect(), "0") == "4");
  tree.write("proc/stat", "cpu0 1 2 3 500\nctxt 8\n");
  CHECK(stat.collect().samples == "node_context_switches_total 7\n");  // still the first scrape
  CHECK(stat.collect().samples == "node_context_switches_total 8\n");
  CHECK(idle_of(cpu.collect(), "0") == "5");
}

TEST_CASE("cpu: throttling is counted once a core and package, from the first CPU in the order of names") {
  const TemporaryTree tree;
  tree.write("proc/stat", "cpu0 1 2 3 4\n");
  write_core(tree, "cpu2", "0", "7", "22\n");
  write_core(tree, "cpu10", "0", "7", "11\n");
  write_core(tree, "cpu3", "1", "7", "33\n");
  write_core(tree, "cpu4", "-1", "0", "44\n");
  write_core(tree, "cpu5", "1", "8", "many\n");
  tree.write("sys/devices/system/cpu/cpu3/thermal_throttle/package_throttle_count", "5\n");
  tree.write("sys/devices/system/cpu/cpufreq/boost", "1\n");
  KeptCollector collector(cpu_collector, tree.env());
  const Collected got = collector.collect();
  CHECK(has(got,
            "mode=\"idle\"} 0.04\n"
            "node_cpu_core_throttles_total{package=\"0\",core=\"7\"} 11\n"
            "node_cpu_core_throttles_total{package=\"1\",core=\"7\"} 33\n"
            "node_cpu_package_throttles_total{package=\"1\"} 5\n"));
  tree.write("sys/devices/system/cpu/cpu10/thermal_throttle/core_throttle_count", "12\n");
  CHECK(has(collector.collect(), "node_cpu_core_throttles_total{package=\"0\",core=\"7\"} 12\n"));
}

TEST_CASE("cpu: online follows at once, a new CPU within a minute; nothing where CPUs cannot be switched off") {
  const TemporaryTree tree;
  ManualClock clock;
  tree.write("proc/stat", "cpu0 1 2 3 4\n");
  tree.write("sys/devices/system/cpu/online", "0-1\n");
  tree.write("sys/devices/system/cpu/cpu1/online", "1\n");
  CHECK(has(collect(cpu_collector, tree.env()), "node_cpu_online{cpu=\"1\"} 1\n"));
  tree.write("sys/devices/system/cpu/cpu0/topology/core_id", "0\n");  // x86 since Linux 6.5: CPU 0 has no switch
  CHECK_FALSE(has(collect(cpu_collector, tree.env()), "node_cpu_online"));
  tree.write("sys/devices/system/cpu/cpu0/online", "1\n");
  KeptCollector collector(cpu_collector, tree.env(&clock));
  CHECK(has(collector.collect(), "node_cpu_online{cpu=\"0\"} 1\nnode_cpu_online{cpu=\"1\"} 1\n"));
  tree.write("sys/devices/system/cpu/online", "0\n");
  CHECK(has(collector.collect(), "node_cpu_online{cpu=\"1\"} 0\n"));
  tree.write("sys/devices/system/cpu/cpu2/online", "0\n");
  CHECK_FALSE(has(collector.collect(), "node_cpu_online{cpu=\"2\"}"));
  clock.advance(std::chrono::seconds{60});
  CHECK(has(collector.collect(), "node_cpu_online{cpu=\"2\"} 0\n"));
}

TEST_CASE("cpu: isolated CPUs as a list with holes; garbage is no list") {
  const TemporaryTree tree;
  tree.write("proc/stat", "cpu0 1 2 3 4\n");
  tree.write("sys/devices/system/cpu/isolated", "1,3-5,9\n");
  const Collected got = collect(cpu_collector, tree.env());
  for (const char* cpu : {"1", "3", "4", "5", "9"}) CHECK(has(got, "node_cpu_isolated{cpu=\"" + std::string(cpu) + "\"} 1\n"));
  CHECK(got.series == 4 + 5);
  for (const char* text : {"\n", "", "3-1", "1-", "-1", "a", "1,1", "0-8192", "1;2"}) {
    tree.write("sys/devices/system/cpu/isolated", text);
    CHECK(collect(cpu_collector, tree.env()).series == 4);
  }
}
