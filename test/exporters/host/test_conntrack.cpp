#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo conntrack_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::conntrack_collector;

TEST_CASE("conntrack: the page of the fixture machine") {
  const Collected got = collect(conntrack_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/conntrack.prom", got.page) == "");
}

TEST_CASE("conntrack: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(conntrack_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

namespace {
void write_counts(const TemporaryTree& tree) {
  tree.write("proc/sys/net/netfilter/nf_conntrack_count", "7\n");
  tree.write("proc/sys/net/netfilter/nf_conntrack_max", "100\n");
}
}  // namespace

TEST_CASE("conntrack: without the statistics file the two counts remain") {
  const TemporaryTree tree;
  write_counts(tree);
  CHECK(collect(conntrack_collector, tree.env()).samples ==
        "node_nf_conntrack_entries 7\nnode_nf_conntrack_entries_limit 100\n");
}

TEST_CASE("conntrack: columns are found by their names and added over the CPUs") {
  const TemporaryTree tree;
  write_counts(tree);
  tree.write("proc/net/stat/nf_conntrack",
             "entries drop brand_new found\n00000007 0000000a 00000001 00000002\n"
             "00000007 00000006 00000001 00000001 00000009\n");
  const Collected got = collect(conntrack_collector, tree.env());
  CHECK(got.status);
  CHECK(got.samples.find("node_nf_conntrack_stat_drop 16\nnode_nf_conntrack_stat_found 3\n") != std::string::npos);
  CHECK(got.samples.find("search_restart") == std::string::npos);  // not known is not 0
}

TEST_CASE("conntrack: garbage is malformed") {
  const TemporaryTree tree;
  write_counts(tree);
  for (const char* text :
       {"", "entries drop\n", "entries drop\n00000007\n", "entries drop\n00000007 many\n", "\xff\xff\n\xff\n"}) {
    tree.write("proc/net/stat/nf_conntrack", text);
    CHECK(collect(conntrack_collector, tree.env()).status.error().code == Errc::malformed);
  }
  tree.write("proc/sys/net/netfilter/nf_conntrack_count", "-1\n");
  CHECK(collect(conntrack_collector, tree.env()).status.error().code == Errc::malformed);
}
