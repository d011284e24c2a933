#include "core/files.h"
#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo pressure_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::pressure_collector;

TEST_CASE("pressure: the page of the fixture machine") {
  const Collected got = collect(pressure_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/pressure.prom", got.page) == "");
}

TEST_CASE("pressure: a kernel without it has no data") {
  const TemporaryTree tree;
  CHECK(collect(pressure_collector, tree.env()).status.error().code == Errc::no_data);
}

TEST_CASE("pressure: older kernels have no irq, and only 'some' for cpu") {
  const TemporaryTree tree;
  tree.write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n");
  tree.write("proc/pressure/memory", "some total=2\n");
  CHECK(collect(pressure_collector, tree.env()).samples ==
        "node_pressure_cpu_waiting_seconds_total 1.5\nnode_pressure_memory_waiting_seconds_total 2e-06\n");
}

TEST_CASE("pressure: irq has only 'full', and 'full' of cpu is not shown") {
  const TemporaryTree tree;
  tree.write("proc/pressure/irq", "full avg10=0.00 total=8000000\n");
  tree.write("proc/pressure/cpu", "full avg10=0.00 total=9\nsome avg10=0.00 total=1000000\n");
  CHECK(collect(pressure_collector, tree.env()).samples ==
        "node_pressure_cpu_waiting_seconds_total 1\nnode_pressure_irq_stalled_seconds_total 8\n");
}

TEST_CASE("pressure: compiled in and switched off, the kernel refuses the read, and that is no data") {
  // Any file will do whose reading the kernel does not support: network cards without numbered ports have one.
  const std::string cards = "/sys/class/net/";
  for (const std::string& card : list_folder(cards).value_or({})) {
    const std::string refusing = cards + card + "/phys_port_name";
    const auto text = read_file(refusing);
    if (text || text.error().message.find("not supported") == std::string::npos) continue;
    const TemporaryTree tree;
    for (const char* resource : {"cpu", "io", "memory", "irq"}) tree.link(std::string("proc/pressure/") + resource, refusing);
    KeptCollector collector(pressure_collector, tree.env());
    for (int scrape = 0; scrape < 2; ++scrape) {
      const Collected got = collector.collect();
      REQUIRE_FALSE(got.status);
      CHECK(got.status.error().code == Errc::no_data);
    }
    return;
  }
  WARN("skipped: this machine has no file whose reading is not supported");
}

TEST_CASE("pressure: garbage is malformed, a damaged line gives no sample") {
  const TemporaryTree tree;
  for (const char* text : {"", "nothing\n", "some avg10=0.00 total=x\n", "some avg10=0.00\n", "some total=-1\n"}) {
    tree.write("proc/pressure/io", text);
    CHECK(collect(pressure_collector, tree.env()).status.error().code == Errc::malformed);
  }
  tree.write("proc/pressure/io", "some total=many\nfull total=3000000\nfull total=4\n");
  CHECK(collect(pressure_collector, tree.env()).samples == "node_pressure_io_stalled_seconds_total 3\n");
}
