#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo schedstat_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::schedstat_collector;

TEST_CASE("schedstat: the page of the fixture machine") {
  const Collected got = collect(schedstat_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/schedstat.prom", got.page) == "");
}

TEST_CASE("schedstat: a kernel without it has no data") {
  const TemporaryTree tree;
  CHECK(collect(schedstat_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("schedstat: version 17, CPUs with holes, and numbers behind the last one") {
  const TemporaryTree tree;
  tree.write("proc/schedstat",
             "version 17\ntimestamp 4295262390\ncpu1 0 0 0 0 0 0 1500000000 250000000 3\n"
             "domain0 MC 3 1 2 3\ncpu12 0 0 0 0 0 0 1 2 4 99 98\n");
  CHECK(collect(schedstat_collector, tree.env()).samples ==
        "node_schedstat_running_seconds_total{cpu=\"1\"} 1.5\nnode_schedstat_running_seconds_total{cpu=\"12\"} 1e-09\n"
        "node_schedstat_waiting_seconds_total{cpu=\"1\"} 0.25\nnode_schedstat_waiting_seconds_total{cpu=\"12\"} 2e-09\n"
        "node_schedstat_timeslices_total{cpu=\"1\"} 3\nnode_schedstat_timeslices_total{cpu=\"12\"} 4\n");
}

TEST_CASE("schedstat: garbage, too few numbers and a CPU named twice are malformed") {
  const TemporaryTree tree;
  for (const char* text :
       {"", "version 15\n", "cpu0 1 2 3 4 5 6 7 8\n", "cpux 1 2 3 4 5 6 7 8 9\n", "cpu9999 1 2 3 4 5 6 7 8 9\n",
        "cpu0 1 2 3 4 5 6 7 8 9\ncpu0 1 2 3 4 5 6 7 8 9\n", "cpu0 1 2 3 4 5 6 -7 8 9\n"}) {
    tree.write("proc/schedstat", text);
    CAPTURE(text);
    CHECK(collect(schedstat_collector, tree.env()).status.error().code == Errc::malformed);
  }
}
