#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo stat_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::stat_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("stat: the page of the fixture machine") {
  const Collected got = collect(stat_collector, fixture_host(), {{"collector.stat.softirq", "true"}});
  REQUIRE(got.status);
  CHECK(compare_golden("host/stat.prom", got.page) == "");
}

TEST_CASE("stat: vectors of software interrupts only when they are asked for") {
  CHECK_FALSE(has(collect(stat_collector, fixture_host()), "node_softirqs_total"));
}

TEST_CASE("stat: no source is no data") {
  const TemporaryTree tree;
  CHECK(collect(stat_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("stat: what the kernel does not tell gives no sample") {
  const TemporaryTree tree;
  tree.write("proc/stat", "cpu0 1 2 3 4\nctxt 7\nbtime soon\nintr\nsoftirq 5 1 2 x 4\nsomething 9\n");
  const Collected got = collect(stat_collector, tree.env(), {{"collector.stat.softirq", "true"}});
  REQUIRE(got.status);
  CHECK(got.samples ==
        "node_context_switches_total 7\nnode_softirqs_total{vector=\"hi\"} 1\nnode_softirqs_total{vector=\"timer\"} 2\n");
}

TEST_CASE("stat: a file without any of its numbers is malformed") {
  const TemporaryTree tree;
  for (const char* text : {"", "cpu0 1 2 3 4\n", "\xff garbage\n", "ctxt -7\n"}) {
    tree.write("proc/stat", text);
    const Collected got = collect(stat_collector, tree.env());
    CHECK(got.status.error().code == Errc::malformed);
    CHECK(got.series == 0);
  }
}

TEST_CASE("stat: a line of 10,000 interrupts") {
  const TemporaryTree tree;
  std::string text = "intr 123456789";
  for (int i = 0; i < 10'000; ++i) text += " 0";
  tree.write("proc/stat", text + "\nctxt 18446744073709551615\n");
  CHECK(collect(stat_collector, tree.env()).samples ==
        "node_intr_total 123456789\nnode_context_switches_total 18446744073709551615\n");
}
