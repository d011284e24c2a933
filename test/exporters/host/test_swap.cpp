#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo swap_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::swap_collector;

TEST_CASE("swap: the fixture machine") {
  const Collected got = collect(swap_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/swap.prom", got.page) == "");
}

TEST_CASE("swap: no file is no data") {
  const TemporaryTree tree;
  const Collected got = collect(swap_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("swap: a file that says something else is malformed") {
  const std::string text = GENERATE(as<std::string>{}, "", "\n", "garbage", "\xff\xfe: \xff kB\n", "a b c d e f g h\n");
  const TemporaryTree tree;
  tree.write("proc/swaps", text);
  const Collected got = collect(swap_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::malformed);
  CHECK(got.series == 0);
}

TEST_CASE("swap: a machine without swap is fine and shows nothing") {
  const TemporaryTree tree;
  tree.write("proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
  const Collected got = collect(swap_collector, tree.env());
  CHECK(got.status);
  CHECK(got.page.empty());
}

TEST_CASE("swap: a line that ends too early is left out") {
  const TemporaryTree tree;
  tree.write("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 8\n/dev/sdb2 partition 8 4 -3\n");
  const Collected got = collect(swap_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples ==
        "node_swap_size_bytes{device=\"/dev/sdb2\",swap_type=\"partition\"} 8192\n"
        "node_swap_used_bytes{device=\"/dev/sdb2\",swap_type=\"partition\"} 4096\n"
        "node_swap_priority{device=\"/dev/sdb2\",swap_type=\"partition\"} -3\n");
}
