#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo cgroups_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::cgroups_collector;

TEST_CASE("cgroups: the fixture machine") {
  const Collected got = collect(cgroups_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/cgroups.prom", got.page) == "");
}

TEST_CASE("cgroups: no file is no data") {
  const TemporaryTree tree;
  const Collected got = collect(cgroups_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("cgroups: a file that says something else is malformed") {
  const std::string text = GENERATE(as<std::string>{}, "", "\n", "garbage", "\xff\xfe: \xff kB\n", "a b c d e f g h\n");
  const TemporaryTree tree;
  tree.write("proc/cgroups", text);
  const Collected got = collect(cgroups_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::malformed);
  CHECK(got.series == 0);
}

TEST_CASE("cgroups: one bad line does not cost the others") {
  const TemporaryTree tree;
  tree.write("proc/cgroups", "#subsys_name hierarchy num_cgroups enabled\ncpu 0 x 1\nmemory 0 84 1 new\n");
  const Collected got = collect(cgroups_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples == "node_cgroups_cgroups{subsys_name=\"memory\"} 84\nnode_cgroups_enabled{subsys_name=\"memory\"} 1\n");
}
