#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo slabinfo_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::slabinfo_collector;

TEST_CASE("slabinfo: the fixture machine") {
  const Collected got = collect(slabinfo_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/slabinfo.prom", got.page) == "");
}

TEST_CASE("slabinfo: no file is no data") {
  const TemporaryTree tree;
  const Collected got = collect(slabinfo_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("slabinfo: a file that says something else is malformed") {
  const std::string text = GENERATE(as<std::string>{}, "", "\n", "garbage", "\xff\xfe: \xff kB\n", "a b c d e f g h\n");
  const TemporaryTree tree;
  tree.write("proc/slabinfo", text);
  const Collected got = collect(slabinfo_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::malformed);
  CHECK(got.series == 0);
}

TEST_CASE("slabinfo: include and exclude may be given together") {
  const Collected got =
      collect(slabinfo_collector, fixture_host(),
              {{"collector.slabinfo.slabs-include", "^(dentry|kmalloc-.*)$"}, {"collector.slabinfo.slabs-exclude", "-rcl-"}});
  REQUIRE(got.status);
  CHECK(got.series == 10);
  CHECK(got.samples.find("slab=\"dentry\"") != std::string::npos);
  CHECK(got.samples.find("kmalloc-rcl") == std::string::npos);
}

TEST_CASE("slabinfo: of two caches with one name the first is shown") {
  const TemporaryTree tree;
  tree.write("proc/slabinfo",
             "slabinfo - version: 2.1\n# name\nbio-376 1 2 376 21 2 : t\nbio-376 8 9 376 21 2 : t\nshort 1 2\n");
  const Collected got = collect(slabinfo_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.series == 5);
  CHECK(got.samples.starts_with("node_slabinfo_active_objects{slab=\"bio-376\"} 1\n"));
}
