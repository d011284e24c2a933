#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo mountstats_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::mountstats_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("mountstats: the NFS mounts of the fixture machine") {
  const Collected got = collect(mountstats_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/mountstats.prom", got.page).empty());
}

TEST_CASE("mountstats: no file is no data, no NFS is an empty page, garbage is malformed") {
  const TemporaryTree tree;
  tree.link("proc/self", "7");
  CHECK(collect(mountstats_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("proc/7/mountstats", "");
  CHECK(collect(mountstats_collector, tree.env()).status);
  tree.write("proc/7/mountstats", "device proc mounted on /proc with fstype proc\n");
  const Collected none = collect(mountstats_collector, tree.env());
  CHECK(none.status);
  CHECK(none.series == 0);
  tree.write("proc/7/mountstats", "what \xff\n");
  CHECK(collect(mountstats_collector, tree.env()).status.error().code == Errc::malformed);
}

TEST_CASE("mountstats: several connections, RDMA, short lines and no mountinfo") {
  const TemporaryTree tree;
  tree.link("proc/self", "7");
  tree.write("proc/7/mountstats",
             "device nas:/a mounted on /a with fstype nfs4 statvers=1.1\n\tage:\t9\n\tbytes:\t1 2 x\n\tevents:\n"
             "\txprt:\ttcp 0 1 2 3 4 5 6 7 8 9 10 11 12\n\txprt:\ttcp 0 1 2 3 4 50 6 7 8 9 10 11 12\n"
             "\tper-op statistics\n\t        READ: 1 2 3 4 5 6 7 1500\n\t      BROKEN: \n\tnoise\n\n"
             "device nas:/b mounted on /b with fstype nfs statvers=1.1\n\tage:\t5\n"
             "\txprt:\trdma 0 1 2 3 4 5 6 7 8 9 999 999 999\n\txprt:\n");
  KeptCollector collector(mountstats_collector, tree.env());
  for (int scrape = 0; scrape < 2; ++scrape) {
    const Collected got = collector.collect();
    REQUIRE(got.status);
    const std::string a = "{export=\"nas:/a\",protocol=\"tcp\",mountaddr=\"\"";
    CHECK(has(got, "node_mountstats_nfs_age_seconds_total" + a + "} 9\n"));
    CHECK(has(got, "node_mountstats_nfs_write_bytes_total" + a + "} 2\n"));
    CHECK_FALSE(has(got, "direct_read_bytes"));
    CHECK_FALSE(has(got, "event_"));
    CHECK(has(got, "node_mountstats_nfs_transport_sends_total" + a + ",transport=\"1\"} 50\n"));
    CHECK(has(got, "node_mountstats_nfs_operations_request_time_seconds_total" + a + ",operation=\"READ\"} 1.5\n"));
    CHECK_FALSE(has(got, "operations_errors_total"));
    CHECK(has(got, "transport_backlog_queue_total{export=\"nas:/b\",protocol=\"rdma\",mountaddr=\"\",transport=\"0\"} 9\n"));
    CHECK_FALSE(has(got, "transport_maximum_rpc_slots{export=\"nas:/b\""));
  }
  tree.write("proc/7/mountstats", "device nas:/b mounted on /b with fstype nfs statvers=1.1\n\tage:\t6\n\txprt:\ttcp 1\n");
  const Collected later = collector.collect();
  CHECK(has(later, "nas:/b"));
  CHECK_FALSE(has(later, "nas:/a"));
}
