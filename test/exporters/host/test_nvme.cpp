#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo nvme_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::nvme_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("nvme: the drives of the fixture machine") {
  const Collected got = collect(nvme_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/nvme.prom", got.page).empty());
}

TEST_CASE("nvme: no such class is no data") {
  const TemporaryTree tree;
  KeptCollector collector(nvme_collector, tree.env());
  CHECK(collector.collect().status.error().code == Errc::no_data);
  tree.write("sys/class/nvme/nvme0/state", "live\n");
  CHECK(collector.collect().status);
}

TEST_CASE("nvme: an older kernel has no nuse, ana_state and cntlid") {
  const TemporaryTree tree;
  tree.write("sys/class/nvme/nvme0/model", "  Drive \xff  \n");
  tree.write("sys/class/nvme/nvme0/nvme0n1/size", "2048\n");
  tree.write("sys/class/nvme/nvme0/nvme0c0n1/size", "2048\n");
  tree.write("sys/class/nvme/nvme0/nvme0n10/size", "many\n");
  tree.write("sys/class/nvme/nvme0/nvme0nX/size", "1\n");
  const Collected got = collect(nvme_collector, tree.env());
  REQUIRE(got.status);
  CHECK(has(got,
            "node_nvme_info{device=\"nvme0\",firmware_revision=\"\",model=\"Drive "
            "\xEF\xBF\xBD\",serial=\"\",state=\"\",cntlid=\"\"} 1\n"));
  CHECK(has(got, "node_nvme_namespace_size_bytes{device=\"nvme0\",nsid=\"1\"} 1048576\n"));
  CHECK(has(got, "node_nvme_namespace_info{device=\"nvme0\",nsid=\"10\",ana_state=\"unknown\"} 1\n"));
  CHECK_FALSE(has(got, "used_bytes"));
  CHECK_FALSE(has(got, "nsid=\"X\""));
}

TEST_CASE("nvme: the drive is not asked while it is being reset, and it may vanish") {
  const TemporaryTree tree;
  tree.write("sys/class/nvme/nvme0/state", "resetting\n");
  tree.write("sys/class/nvme/nvme0/nvme0n1/nuse", "10\n");
  tree.write("sys/class/nvme/nvme0/nvme0n1/queue/logical_block_size", "4096\n");
  KeptCollector collector(nvme_collector, tree.env());
  CHECK_FALSE(has(collector.collect(), "used_bytes"));
  tree.write("sys/class/nvme/nvme0/state", "live\n");
  CHECK(has(collector.collect(), "node_nvme_namespace_used_bytes{device=\"nvme0\",nsid=\"1\"} 40960\n"));
  tree.remove("sys/class/nvme/nvme0");
  CHECK(collector.collect().series == 0);
}
