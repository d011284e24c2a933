#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo kernel_hung_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::kernel_hung_collector;

TEST_CASE("kernel_hung: the count of the fixture machine, and what is added to it") {
  const Collected got = collect(kernel_hung_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/kernel_hung.prom", got.page).empty());

  const TemporaryTree tree;
  tree.write("proc/sys/kernel/hung_task_detect_count", "0\n");
  KeptCollector collector(kernel_hung_collector, tree.env());
  CHECK(collector.collect().samples == "node_kernel_hung_tasks_total 0\n");
  tree.write("proc/sys/kernel/hung_task_detect_count", "2\n");
  CHECK(collector.collect().samples == "node_kernel_hung_tasks_total 2\n");
}

TEST_CASE("kernel_hung: an older kernel has no count, which is no data; words are malformed") {
  const TemporaryTree tree;
  CHECK(collect(kernel_hung_collector, tree.env()).status.error().code == Errc::no_data);
  for (const char* text : {"", "many\n", "-1\n", "1 2\n"}) {
    CAPTURE(text);
    tree.write("proc/sys/kernel/hung_task_detect_count", text);
    CHECK(collect(kernel_hung_collector, tree.env()).status.error().code == Errc::malformed);
  }
}
