#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo watchdog_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::watchdog_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("watchdog: the watchdogs of the fixture machine") {
  const Collected got = collect(watchdog_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/watchdog.prom", got.page).empty());
}

TEST_CASE("watchdog: no such class is no data, an empty one an empty page") {
  const TemporaryTree tree;
  KeptCollector collector(watchdog_collector, tree.env());
  CHECK(collector.collect().status.error().code == Errc::no_data);
  tree.write("sys/class/watchdog/watchdog0/timeout", "60\n");
  CHECK(collector.collect().status);
  tree.remove("sys/class/watchdog/watchdog0");
  CHECK(collector.collect().series == 0);
}

TEST_CASE("watchdog: the time that is left is read anew, a number that is none has no sample") {
  const TemporaryTree tree;
  tree.write("sys/class/watchdog/watchdog0/timeleft", "59\n");
  tree.write("sys/class/watchdog/watchdog0/bootstatus", "overheated\n");
  tree.write("sys/class/watchdog/watchdog0/identity", "wdt \xff\xfe\n");
  tree.write("sys/class/watchdog/watchdog0/state", "inactive\n");
  KeptCollector collector(watchdog_collector, tree.env());
  Collected got = collector.collect();
  CHECK(has(got, "node_watchdog_timeleft_seconds{name=\"watchdog0\"} 59\n"));
  CHECK(has(got,
            "{identity=\"wdt "
            "\xEF\xBF\xBD\",name=\"watchdog0\",options=\"\",pretimeout_governor=\"\",state=\"inactive\",status=\"\"} 1\n"));
  CHECK_FALSE(has(got, "bootstatus"));
  tree.write("sys/class/watchdog/watchdog0/timeleft", "31\n");
  tree.write("sys/class/watchdog/watchdog0/state", "active\n");
  got = collector.collect();
  CHECK(has(got, "node_watchdog_timeleft_seconds{name=\"watchdog0\"} 31\n"));
  CHECK(has(got, "state=\"active\""));
}
