#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo xfrm_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::xfrm_collector;

TEST_CASE("xfrm: the page of the fixture machine") {
  const Collected got = collect(xfrm_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/xfrm.prom", got.page) == "");
}

TEST_CASE("xfrm: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(xfrm_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("xfrm: any order, new lines and missing lines") {
  const TemporaryTree tree;
  tree.write("proc/net/xfrm_stat", "XfrmAcquireError 2\nXfrmBrandNew 9\nXfrmInError\t1\nXfrmInNoPols many\n");
  CHECK(collect(xfrm_collector, tree.env()).samples ==
        "node_xfrm_in_error_packets_total 1\nnode_xfrm_acquire_error_packets_total 2\n");
}

TEST_CASE("xfrm: garbage is malformed") {
  const TemporaryTree tree;
  tree.write("proc/net/xfrm_stat", "\xff\xfe\n");
  CHECK(collect(xfrm_collector, tree.env()).status.error().code == Errc::malformed);
}
