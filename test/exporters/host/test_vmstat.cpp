#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo vmstat_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::vmstat_collector;

TEST_CASE("vmstat: the fixture machine") {
  const Collected got = collect(vmstat_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/vmstat.prom", got.page) == "");
}

TEST_CASE("vmstat: no file is no data") {
  const TemporaryTree tree;
  CHECK(collect(vmstat_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("vmstat: a file without fields is malformed") {
  const TemporaryTree tree;
  tree.write("proc/vmstat", "garbage\n");
  CHECK(collect(vmstat_collector, tree.env()).status.error().code == Errc::malformed);
}

TEST_CASE("vmstat: the operator's expression decides which fields are shown") {
  const Collected got = collect(vmstat_collector, fixture_host(), {{"collector.vmstat.fields", "^nr_(dirty|mlock)$"}});
  REQUIRE(got.status);
  CHECK(got.samples == "node_vmstat_nr_mlock 768\nnode_vmstat_nr_dirty 4561\n");
}

TEST_CASE("vmstat: an expression that does not compile is a configuration error") {
  CHECK_THROWS(KeptCollector(vmstat_collector, fixture_host(), {{"collector.vmstat.fields", "("}}));
}

TEST_CASE("vmstat: bad numbers, bad names and a field twice") {
  const TemporaryTree tree;
  tree.write("proc/vmstat", "pgfault many\npgpgin 1\npgpgin 2\npgpg\xc3\xa9 3\npswpin\noom_kill 2\n");
  const Collected got = collect(vmstat_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples == "node_vmstat_pgpgin 1\nnode_vmstat_oom_kill 2\n");
}
