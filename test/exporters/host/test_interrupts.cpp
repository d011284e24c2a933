#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo interrupts_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::interrupts_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("interrupts: the page of the fixture machine") {
  const Collected got = collect(interrupts_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/interrupts.prom", got.page) == "");
}

TEST_CASE("interrupts: off by default, and no source is no data") {
  CHECK(interrupts_collector.by_default == ByDefault::off);
  const TemporaryTree tree;
  CHECK(collect(interrupts_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("interrupts: columns are those of the heading, and names may stand close to the colon") {
  const TemporaryTree tree;
  tree.write("proc/interrupts",
             "      CPU0  CPU7\n"
             " 11:3 4  GICv3  27 Level   arch_timer\n"
             "IPI0:5 6  Rescheduling   interrupts\n"
             "Err:          0\n");
  CHECK(collect(interrupts_collector, tree.env()).samples ==
        "node_interrupts_total{cpu=\"0\",type=\"11\",info=\"GICv3\",devices=\"27 Level arch_timer\"} 3\n"
        "node_interrupts_total{cpu=\"7\",type=\"11\",info=\"GICv3\",devices=\"27 Level arch_timer\"} 4\n"
        "node_interrupts_total{cpu=\"0\",type=\"IPI0\",info=\"Rescheduling interrupts\",devices=\"\"} 5\n"
        "node_interrupts_total{cpu=\"7\",type=\"IPI0\",info=\"Rescheduling interrupts\",devices=\"\"} 6\n");
}

TEST_CASE("interrupts: one CPU, where ERR has as many numbers as any other line") {
  const TemporaryTree tree;
  tree.write("proc/interrupts", "           CPU0\nLOC: 5 Local timer interrupts\nERR: 0\nMIS: 0\n");
  CHECK(collect(interrupts_collector, tree.env()).series == 1);
}

TEST_CASE("interrupts: names and zeros can be left out") {
  const std::string include = "collector.interrupts.name-include";
  const std::string exclude = "collector.interrupts.name-exclude";
  const std::string zeros = "collector.interrupts.include-zeros";
  CHECK(collect(interrupts_collector, fixture_host(), {{include, "^(45|LOC);"}}).series == 8);
  const Collected got = collect(interrupts_collector, fixture_host(), {{exclude, "IO-APIC|Posted"}, {zeros, "false"}});
  CHECK(got.series == 19);
  CHECK_FALSE(has(got, "IO-APIC"));
  CHECK_FALSE(has(got, "} 0\n"));
  CHECK_THROWS(collect(interrupts_collector, fixture_host(), {{include, "a"}, {exclude, "b"}}));
  CHECK_THROWS(collect(interrupts_collector, fixture_host(), {{include, "("}}));
}

TEST_CASE("interrupts: lines come, go and get another device between two scrapes") {
  const TemporaryTree tree;
  tree.write("proc/interrupts",
             "CPU0\n 16: 1 IO-APIC 16-fasteoi a\n 17: 2 IO-APIC 17-fasteoi b\nLOC: 3 Local timer interrupts\n");
  KeptCollector collector(interrupts_collector, tree.env(), {{"collector.interrupts.name-exclude", "secret"}});
  CHECK(collector.collect().series == 3);
  tree.write("proc/interrupts",
             "CPU0\n 15: 4 IO-APIC 15-edge secret\n 16: 5 IO-APIC 16-fasteoi a, c\nLOC: 6 Local timer interrupts\n");
  CHECK(collector.collect().samples ==
        "node_interrupts_total{cpu=\"0\",type=\"16\",info=\"IO-APIC\",devices=\"16-fasteoi a, c\"} 5\n"
        "node_interrupts_total{cpu=\"0\",type=\"LOC\",info=\"Local timer interrupts\",devices=\"\"} 6\n");
}

TEST_CASE("interrupts: a line that is there twice is shown once") {
  const TemporaryTree tree;
  tree.write("proc/interrupts", "CPU0\n 16: 1 IO-APIC a\n 17: 2 IO-APIC b\n 16: 3 IO-APIC c\n");
  KeptCollector collector(interrupts_collector, tree.env());
  for (int scrape = 0; scrape < 2; ++scrape) {
    const Collected got = collector.collect();
    CHECK(got.series == 2);
    CHECK(has(got, "type=\"16\",info=\"IO-APIC\",devices=\"a\"} 1\n"));
  }
}

TEST_CASE("interrupts: without heading or with a word among the numbers it is malformed") {
  const TemporaryTree tree;
  for (const char* text :
       {"", "LOC: 1 2 Local\n", "CPU0 CPU1\nLOC: 1 x Local\n", "CPU1 CPU0\nLOC: 1 2 Local\n", "CPU0\nLOC: -1 Local\n"}) {
    tree.write("proc/interrupts", text);
    CAPTURE(text);
    CHECK(collect(interrupts_collector, tree.env()).status.error().code == Errc::malformed);
  }
}
