#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo cpu_vulnerabilities_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::cpu_vulnerabilities_collector;

TEST_CASE("cpu_vulnerabilities: the page of the fixture machine") {
  const Collected got = collect(cpu_vulnerabilities_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/cpu_vulnerabilities.prom", got.page) == "");
}

TEST_CASE("cpu_vulnerabilities: off by default, and no source is no data") {
  CHECK(cpu_vulnerabilities_collector.by_default == ByDefault::off);
  const TemporaryTree tree;
  CHECK(collect(cpu_vulnerabilities_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("cpu_vulnerabilities: every way the kernel begins its answer") {
  struct Way {
    const char* text;
    const char* labels;
  };
  const TemporaryTree tree;
  for (const Way& way : {Way{"Not affected\n", "state=\"not affected\",mitigation=\"\""},
                         Way{"Vulnerable\n", "state=\"vulnerable\",mitigation=\"\""},
                         Way{"Vulnerable, IBPB: disabled, STIBP: disabled\n",
                             "state=\"vulnerable\",mitigation=\"IBPB: disabled, STIBP: disabled\""},
                         Way{"Vulnerable: No microcode\n", "state=\"vulnerable\",mitigation=\"No microcode\""},
                         Way{"Mitigation: Clear CPU buffers; SMT vulnerable\n",
                             "state=\"mitigation\",mitigation=\"Clear CPU buffers; SMT vulnerable\""},
                         Way{"Unknown: No mitigations\n", "state=\"unknown\",mitigation=\"No mitigations\""},
                         Way{"Processor vulnerable\n", "state=\"unknown\",mitigation=\"Processor vulnerable\""},
                         Way{"say \"\xff\"\n", "state=\"unknown\",mitigation=\"say \\\"\xEF\xBF\xBD\\\"\""},
                         Way{"", "state=\"unknown\",mitigation=\"\""}}) {
    tree.write("sys/devices/system/cpu/vulnerabilities/mds", way.text);
    CHECK(collect(cpu_vulnerabilities_collector, tree.env()).samples ==
          "node_cpu_vulnerabilities_info{codename=\"mds\"," + std::string(way.labels) + "} 1\n");
  }
}

TEST_CASE("cpu_vulnerabilities: new microcode changes the answer, a new kernel the list") {
  const TemporaryTree tree;
  tree.write("sys/devices/system/cpu/vulnerabilities/mds", "Vulnerable\n");
  KeptCollector collector(cpu_vulnerabilities_collector, tree.env());
  CHECK(collector.collect().samples.find("state=\"vulnerable\"") != std::string::npos);
  tree.write("sys/devices/system/cpu/vulnerabilities/mds", "Mitigation: Clear CPU buffers\n");
  tree.write("sys/devices/system/cpu/vulnerabilities/tsa", "Not affected\n");
  const Collected got = collector.collect();
  CHECK(got.series == 2);
  CHECK(got.samples.find("codename=\"mds\",state=\"mitigation\"") != std::string::npos);
}

TEST_CASE("cpu_vulnerabilities: an answer that cannot be read fails the collector") {
  const TemporaryTree tree;
  tree.write("sys/devices/system/cpu/vulnerabilities/mds/folder", "");
  CHECK(collect(cpu_vulnerabilities_collector, tree.env()).status.error().code == Errc::unavailable);
}
