#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo entropy_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::entropy_collector;

TEST_CASE("entropy: the pool of the fixture machine") {
  const Collected got = collect(entropy_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/entropy.prom", got.page).empty());
}

TEST_CASE("entropy: a pool that empties on an old kernel") {
  const TemporaryTree tree;
  tree.write("proc/sys/kernel/random/entropy_avail", "3754\n");
  tree.write("proc/sys/kernel/random/poolsize", "4096\n");
  KeptCollector collector(entropy_collector, tree.env());
  CHECK(collector.collect().samples == "node_entropy_available_bits 3754\nnode_entropy_pool_size_bits 4096\n");
  tree.write("proc/sys/kernel/random/entropy_avail", "58\n");
  CHECK(collector.collect().samples == "node_entropy_available_bits 58\nnode_entropy_pool_size_bits 4096\n");
}

TEST_CASE("entropy: no source is no data, words are malformed") {
  const TemporaryTree tree;
  CHECK(collect(entropy_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("proc/sys/kernel/random/entropy_avail", "256\n");
  CHECK(collect(entropy_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("proc/sys/kernel/random/poolsize", "large\n");
  CHECK(collect(entropy_collector, tree.env()).status.error().code == Errc::malformed);
}
