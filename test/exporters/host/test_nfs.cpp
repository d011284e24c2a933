#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo nfs_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::nfs_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("nfs: the client of the fixture machine") {
  const Collected got = collect(nfs_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/nfs.prom", got.page).empty());
}

TEST_CASE("nfs: no client in the kernel is no data, garbage is malformed") {
  const TemporaryTree tree;
  CHECK(collect(nfs_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("proc/net/rpc/nfs", "");
  CHECK(collect(nfs_collector, tree.env()).status.error().code == Errc::malformed);
  tree.write("proc/net/rpc/nfs", "net a b \xff\nrpc 1\n");
  CHECK(collect(nfs_collector, tree.env()).status.error().code == Errc::malformed);
}

TEST_CASE("nfs: an older kernel knows fewer procedures, a newer one more") {
  const TemporaryTree tree;
  tree.write(
      "proc/net/rpc/nfs", "net 0 0 0 0\nrpc 9 8 7\nproc3 2 5 6\nproc4 70" + [] {
        std::string many;
        for (int i = 0; i < 70; ++i) many += " 3";
        return many;
      }() + "\nproc5 1 1\n");
  const Collected got = collect(nfs_collector, tree.env());
  REQUIRE(got.status);
  CHECK(has(got, "node_nfs_requests_total{proto=\"3\",method=\"GetAttr\"} 6\n"));
  CHECK_FALSE(has(got, "proto=\"2\""));
  CHECK_FALSE(has(got, "proto=\"3\",method=\"SetAttr\""));
  CHECK(has(got, "method=\"Clone\"} 3\n"));
  CHECK(has(got, "node_nfs_rpc_retransmissions_total 8\n"));
}
