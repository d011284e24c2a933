#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo units_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::units_collector;

namespace {

Tree names(const std::vector<std::string>& units) {
  Tree list{.kind = Tree::Kind::list, .where = {"config.yml", 2, 5}};
  for (const std::string& unit : units)
    list.items.push_back({.kind = Tree::Kind::scalar, .where = {"config.yml", 2, 9}, .scalar = unit});
  Tree section{.kind = Tree::Kind::map};
  section.keys = {"names"};
  section.key_where = {list.where};
  section.items = {std::move(list)};
  return section;
}
bool has(const Collected& got, const std::string& line) { return got.samples.find(line + "\n") != std::string::npos; }
const std::string kGroups = "sys/fs/cgroup/";

}  // namespace

TEST_CASE("units: the fixture machine") {
  const Tree section = names({"oracle.service", "nc.service", "weblogic.service"});
  const Collected got =
      collect(units_collector, fixture_host(), {{"collector.units.include", "^getty@|^财务|^system.slice$"}}, &section);
  REQUIRE(got.status);
  CHECK(compare_golden("host/units.prom", got.page) == "");
}

TEST_CASE("units: nothing configured is no data, and so is a machine without version 2") {
  CHECK(collect(units_collector, fixture_host()).status.error().code == Errc::no_data);
  const TemporaryTree tree;
  const Tree section = names({"nc.service"});
  CHECK(collect(units_collector, tree.env(), {}, &section).status.error().code == Errc::no_data);
}

TEST_CASE("units: names that cannot be are refused where they stand") {
  for (const char* name : {"nc", "../../etc.service", ""}) {
    const Tree section = names({name});
    try {
      const KeptCollector refused(units_collector, fixture_host(), {}, &section);
      FAIL("accepted " << name);
    } catch (const std::runtime_error& error) {
      CHECK(std::string(error.what()) == "config.yml:2:9: names: expected a unit like oracle.service");
    }
  }
}

TEST_CASE("units: a unit stops, starts in another place, and starts again") {
  const TemporaryTree tree;
  tree.write(kGroups + "cgroup.controllers", "memory pids\n");
  tree.write(kGroups + "system.slice/nc.service/memory.current", "4096\n");
  const Tree section = names({"nc.service"});
  KeptCollector collector(units_collector, tree.env(), {}, &section);
  CHECK(collector.collect().samples ==
        "finwatch_unit_running{unit=\"nc.service\"} 1\nfinwatch_unit_memory_bytes{unit=\"nc.service\"} 4096\n");
  tree.remove(kGroups + "system.slice/nc.service");
  CHECK(collector.collect().samples == "finwatch_unit_running{unit=\"nc.service\"} 0\n");
  tree.write(kGroups + "system.slice/erp.slice/nc.service/memory.current", "8192\n");
  CHECK(has(collector.collect(), "finwatch_unit_memory_bytes{unit=\"nc.service\"} 8192"));
}

TEST_CASE("units: garbage in one file costs that file's samples") {
  const TemporaryTree tree;
  const std::string unit = kGroups + "system.slice/nc.service/";
  tree.write(kGroups + "cgroup.controllers", "memory pids\n");
  tree.write(unit + "cpu.stat", "user_usec 1500000\nsystem_usec x\nthrottled_usec\n");
  tree.write(unit + "memory.current", "-1\n");
  tree.write(unit + "memory.max", "max\n");
  tree.write(unit + "memory.events", "\xff\xfe\n");
  tree.write(unit + "io.stat", "garbage rbytes=5\n8:0 rbytes=x wbytes=7 new=1\n8:16 wbytes=1 \n");
  tree.write(unit + "pids.current", "");
  tree.write(unit + "memory.pressure", "some avg10=0.00 total=2000000\nfull avg10=0.00\n");
  const Tree section = names({"nc.service"});
  const Collected got = collect(units_collector, tree.env(), {}, &section);
  REQUIRE(got.status);
  CHECK(got.samples ==
        "finwatch_unit_running{unit=\"nc.service\"} 1\n"
        "finwatch_unit_cpu_seconds_total{unit=\"nc.service\",mode=\"user\"} 1.5\n"
        "finwatch_unit_read_bytes_total{unit=\"nc.service\"} 0\n"
        "finwatch_unit_written_bytes_total{unit=\"nc.service\"} 8\n"
        "finwatch_unit_reads_total{unit=\"nc.service\"} 0\n"
        "finwatch_unit_writes_total{unit=\"nc.service\"} 0\n"
        "finwatch_unit_pressure_seconds_total{unit=\"nc.service\",resource=\"memory\",kind=\"some\"} 2\n");
}

TEST_CASE("units: links are not followed, services are not entered, a name is shown once") {
  const TemporaryTree tree;
  tree.write(kGroups + "cgroup.controllers", "memory\n");
  tree.link(kGroups + "loop.slice", ".");
  tree.link(kGroups + "linked.service", "system.slice");
  tree.write(kGroups + "system.slice/a.service/inner.service/memory.current", "1\n");
  tree.write(kGroups + "system.slice/a.service/memory.current", "2\n");
  tree.write(kGroups + "user.slice/a.service/memory.current", "3\n");
  tree.write(kGroups + "system.slice/file.service", "no folder");
  const Collected got = collect(units_collector, tree.env(), {{"collector.units.include", "service$"}});
  REQUIRE(got.status);
  CHECK(got.samples == "finwatch_unit_running{unit=\"a.service\"} 1\nfinwatch_unit_memory_bytes{unit=\"a.service\"} 2\n");
}
