#include "support/catch.h"
#include "support/collector_test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "support/test_folder.h"

namespace finwatch::host {
extern const CollectorInfo rapl_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::rapl_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

// The page with /sys where the tree is, because the label `path` holds it.
std::string from_root(std::string page, const std::string& sys) {
  for (std::size_t at = page.find(sys); at != std::string::npos; at = page.find(sys)) page.replace(at, sys.size(), "/sys");
  return page;
}

void write_zone(const TemporaryTree& tree, const std::string& folder, std::string_view name, std::string_view energy) {
  tree.write("sys/class/powercap/" + folder + "/name", name);
  tree.write("sys/class/powercap/" + folder + "/energy_uj", energy);
}

}  // namespace

TEST_CASE("rapl: the zones of the fixture machine, a family each") {
  const Collected got = collect(rapl_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/rapl.prom", from_root(got.page, fixture_host().sysfs)).empty());
}

TEST_CASE("rapl: the zones of the fixture machine, in one family") {
  const Collected got = collect(rapl_collector, fixture_host(), {{"collector.rapl.enable-zone-label", "true"}});
  REQUIRE(got.status);
  CHECK(compare_golden("host/rapl_zone_label.prom", from_root(got.page, fixture_host().sysfs)).empty());
}

TEST_CASE("rapl: no such class is no data; a class without zones is an empty page") {
  const TemporaryTree tree;
  KeptCollector collector(rapl_collector, tree.env());
  CHECK(collector.collect().status.error().code == Errc::no_data);
  tree.write("sys/class/powercap/intel-rapl/enabled", "1\n");
  const Collected got = collector.collect();
  CHECK(got.status);
  CHECK(got.series == 0);
}

TEST_CASE("rapl: how zones are numbered") {
  const TemporaryTree tree;
  write_zone(tree, "intel-rapl:0", "package-1\n", "1000000\n");
  write_zone(tree, "intel-rapl:0:0", "dram\n", "2000000\n");
  write_zone(tree, "intel-rapl:1", "package-00\n", "3000000\n");
  write_zone(tree, "intel-rapl:1:0", "dram\n", "4000000\n");
  write_zone(tree, "intel-rapl:2", "un-core-2\n", "5000000\n");
  const Collected got = collect(rapl_collector, tree.env());
  const std::string samples = from_root(got.samples, tree.path("sys"));
  CHECK(samples ==
        "node_rapl_dram_joules_total{index=\"0\",path=\"/sys/class/powercap/intel-rapl:0:0\"} 2\n"
        "node_rapl_dram_joules_total{index=\"1\",path=\"/sys/class/powercap/intel-rapl:1:0\"} 4\n"
        "node_rapl_package_joules_total{index=\"1\",path=\"/sys/class/powercap/intel-rapl:0\"} 1\n"
        "node_rapl_package_joules_total{index=\"0\",path=\"/sys/class/powercap/intel-rapl:1\"} 3\n"
        "node_rapl_un_core_2_joules_total{index=\"0\",path=\"/sys/class/powercap/intel-rapl:2\"} 5\n");
}

TEST_CASE("rapl: energy rises; a zone without an answer costs its own sample") {
  const TemporaryTree tree;
  write_zone(tree, "intel-rapl:0", "package-0\n", "1500000\n");
  write_zone(tree, "intel-rapl:0:0", "core\n", "much\n");
  KeptCollector collector(rapl_collector, tree.env());
  Collected got = collector.collect();
  CHECK(got.series == 1);
  CHECK(has(got, "intel-rapl:0\"} 1.5\n"));
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "2750000\n");
  CHECK(has(collector.collect(), "intel-rapl:0\"} 2.75\n"));
}

TEST_CASE("rapl: who may read no zone is told so") {
  const TemporaryTree tree;
  write_zone(tree, "intel-rapl:0", "package-0\n", "1\n");
  const std::string energy = tree.path("sys/class/powercap/intel-rapl:0/energy_uj");
  REQUIRE(::chmod(energy.c_str(), 0) == 0);
  const uid_t user = ::geteuid();
  if (user == 0) {  // root reads everything: become somebody else for the scrape
    REQUIRE(::chmod(tree.path().c_str(), 0755) == 0);
    REQUIRE(::seteuid(65534) == 0);
  }
  const Status status = collect(rapl_collector, tree.env()).status;
  if (user == 0) REQUIRE(::seteuid(user) == 0);
  CHECK(status.error().code == Errc::no_data);
  CHECK(status.error().message.find("CAP_DAC_READ_SEARCH") != std::string::npos);
}
