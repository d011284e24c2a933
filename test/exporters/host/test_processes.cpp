#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo processes_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::processes_collector;

TEST_CASE("processes: the fixture machine") {
  const Collected got = collect(processes_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/processes.prom", got.page) == "");
}

namespace {
std::string stat_line(int pid, const std::string& comm, char state, int threads) {
  return std::to_string(pid) + " (" + comm + ") " + state + " 1 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 " + std::to_string(threads) +
         " 0 100 4096 2 0 0 0\n";
}
}  // namespace

TEST_CASE("processes: no /proc, or an empty one, is no data") {
  const TemporaryTree tree;
  CHECK(collect(processes_collector, tree.env()).status.error().code == Errc::no_data);
  tree.remove("proc");
  CHECK(collect(processes_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("processes: odd command names, vanished processes and threads, garbage") {
  const TemporaryTree tree;
  tree.write("proc/1/stat", stat_line(1, "a) R (b c", 'S', 1));
  tree.write("proc/7/stat", stat_line(7, "java", 'S', 3));
  tree.write("proc/7/task/7/stat", stat_line(7, "java", 'S', 3));
  tree.write("proc/7/task/8/stat", stat_line(8, "gc \xff", 'R', 3));
  tree.write("proc/7/task/9/comm", "gone between two reads\n");
  tree.write("proc/8/comm", "gone between two reads\n");
  tree.write("proc/9/stat", "garbage");
  tree.write("proc/10/stat", "10 (short) S 1 1\n");
  tree.write("proc/self/stat", stat_line(1, "x", 'S', 1));
  KeptCollector collector(processes_collector, tree.env());
  CHECK(collector.collect().samples ==
        "node_processes_threads 4\nnode_processes_state{state=\"S\"} 2\n"
        "node_processes_threads_state{thread_state=\"R\"} 1\nnode_processes_threads_state{thread_state=\"S\"} 2\n"
        "node_processes_pids 2\n");
  tree.remove("proc/7");
  tree.write("proc/sys/kernel/pid_max", "4194304\n");
  CHECK(collector.collect().samples ==
        "node_processes_threads 1\nnode_processes_state{state=\"S\"} 1\n"
        "node_processes_threads_state{thread_state=\"S\"} 1\nnode_processes_pids 1\n"
        "node_processes_max_processes 4194304\n");
}
