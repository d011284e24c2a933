#include <fstream>

#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo oom_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::oom_collector;

namespace {

void append(const TemporaryTree& tree, const std::string& text) {
  std::ofstream(tree.path("root/dev/kmsg"), std::ios::binary | std::ios::app) << text;
}
std::string kill_line(const std::string& command, int second = 1) {
  return "3,7," + std::to_string(second) + "000000,-;Out of memory: Killed process 811 (" + command +
         ") total-vm:1kB, anon-rss:1kB\n";
}
bool has(const Collected& got, const std::string& line) { return got.samples.find(line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("oom: the fixture machine") {
  const Collected got = collect(oom_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/oom.prom", got.page) == "");
}

TEST_CASE("oom: without control groups and log there is no data") {
  const TemporaryTree tree;
  CHECK(collect(oom_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("oom: what was in the log before sets the time, what comes is counted") {
  const TemporaryTree tree;
  ManualClock clock;  // one hour of steady time, wall 1700000000
  tree.write("root/dev/kmsg", kill_line("java", 600));
  KeptCollector collector(oom_collector, tree.env(&clock));
  CHECK(collector.collect().samples == "finwatch_oom_last_kill_timestamp_seconds 1699997000\n");
  CHECK(collector.collect().samples == "finwatch_oom_last_kill_timestamp_seconds 1699997000\n");
  append(tree, kill_line("java", 3601) + kill_line("oracle", 3602) + kill_line("java", 3603));
  clock.advance(std::chrono::seconds{10});
  const Collected got = collector.collect();
  CHECK(has(got, "finwatch_oom_kills_by_command_total{command=\"java\"} 2"));
  CHECK(has(got, "finwatch_oom_kills_by_command_total{command=\"oracle\"} 1"));
  CHECK(has(got, "finwatch_oom_last_kill_timestamp_seconds 1700000003"));
}

TEST_CASE("oom: every shape of the kernel's line, and nothing else") {
  const TemporaryTree tree;
  tree.write("root/dev/kmsg", "");
  KeptCollector collector(oom_collector, tree.env());
  CHECK(collector.collect().samples.empty());
  append(tree,
         "3,1,1000000,-;Memory cgroup out of memory: Killed process 9 (a (b) c) total-vm:1kB, anon-rss:1kB\n"
         "3,2,1000000,-,caller=T1;Killed process 10 (old), UID 0, total-vm:1kB\n"
         "3,3,1000000,-;Killed process 11 (last)\n"
         "14,4,1000000,-;Out of memory: Killed process 12 (forged) total-vm:1kB\n"
         "3,5,1000000,-;Out of memory: Killed process x (word) total-vm:1kB\n"
         "3,6,1000000,-;Out of memory: Killed process 13 open\n"
         "3,7,x,-;Killed process 14 (\xff\") total-vm:1kB\n"
         "garbage Killed process 15 (nohead)\n"
         " SUBSYSTEM=Killed process 16 (continuation)\n;\n");
  const Collected got = collector.collect();
  CHECK(has(got, "finwatch_oom_kills_by_command_total{command=\"a (b) c\"} 1"));
  CHECK(has(got, "finwatch_oom_kills_by_command_total{command=\"old\"} 1"));
  CHECK(has(got, "finwatch_oom_kills_by_command_total{command=\"last\"} 1"));
  CHECK(has(got, "finwatch_oom_kills_by_command_total{command=\"\xEF\xBF\xBD\\\"\"} 1"));
  CHECK(got.series == 5);
}

TEST_CASE("oom: at most twenty commands") {
  const TemporaryTree tree;
  tree.write("root/dev/kmsg", "");
  KeptCollector collector(oom_collector, tree.env());
  collector.collect();
  for (int i = 0; i < 30; ++i) append(tree, kill_line("c" + std::to_string(i)));
  append(tree, kill_line("c3"));
  const Collected got = collector.collect();
  CHECK(got.series == 21);
  CHECK(has(got, "finwatch_oom_kills_by_command_total{command=\"c3\"} 2"));
  CHECK(has(got, "finwatch_oom_kills_by_command_total{command=\"other\"} 11"));
}

TEST_CASE("oom: groups of the first level come and go") {
  const TemporaryTree tree;
  tree.write("sys/fs/cgroup/unified/cgroup.controllers", "memory\n");
  tree.write("sys/fs/cgroup/unified/system.slice/memory.events", "low 0\noom_kill 3\noom_group_kill 9\n");
  tree.write("sys/fs/cgroup/unified/user.slice/memory.events", "garbage\n");
  tree.write("sys/fs/cgroup/unified/other/memory.events", "oom_kill 5\n");
  KeptCollector collector(oom_collector, tree.env());
  CHECK(collector.collect().samples == "finwatch_oom_kills_total{scope=\"system.slice\"} 3\n");
  tree.remove("sys/fs/cgroup/unified/user.slice");
  tree.write("sys/fs/cgroup/unified/machine.slice/memory.events", "oom_kill 1\n");
  CHECK(collector.collect().status);
}
