#include <cstdlib>
#include <ctime>
#include <optional>

#include "support/catch.h"
#include "support/collector_test.h"
#include "support/page_check.h"

namespace finwatch::host {
extern const CollectorInfo time_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::time_collector;

namespace {

/// A time zone of the process that goes away with the test. The forms used here need no zone files.
class Zone {
 public:
  explicit Zone(const char* zone) {
    if (const char* now = std::getenv("TZ")) before_ = now;
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~Zone() {
    before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }

 private:
  std::optional<std::string> before_;
};

std::string sources(std::string_view available, std::string_view current) {
  const TemporaryTree tree;
  const Zone zone("UTC0");
  const ManualClock clock;
  tree.write("sys/devices/system/clocksource/clocksource0/available_clocksource", available);
  tree.write("sys/devices/system/clocksource/clocksource0/current_clocksource", current);
  const Collected got = collect(time_collector, tree.env(&clock));
  CHECK(check_page(got.page).first_duplicate == "");
  const std::string before = "node_time_seconds 1700000000\nnode_time_zone_offset_seconds{time_zone=\"UTC\"} 0\n";
  REQUIRE(got.samples.starts_with(before));
  return got.samples.substr(before.size());
}

}  // namespace

TEST_CASE("time: the fixture machine") {
  const Zone zone("CST-8");
  const Collected got = collect(time_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/time.prom", got.page) == "");
}

TEST_CASE("time: west of Greenwich, with half an hour") {
  const Zone zone("<-0330>3:30");
  const TemporaryTree tree;
  CHECK(collect(time_collector, tree.env()).samples.find("node_time_zone_offset_seconds{time_zone=\"-0330\"} -12600\n") !=
        std::string::npos);
}

TEST_CASE("time: goes on with the clock") {
  const Zone zone("UTC0");
  const TemporaryTree tree;
  ManualClock clock;
  KeptCollector collector(time_collector, tree.env(&clock));
  CHECK(collector.collect().samples.starts_with("node_time_seconds 1700000000\n"));
  clock.advance(std::chrono::seconds{2});
  CHECK(collector.collect().samples.starts_with("node_time_seconds 1700000002\n"));
}

TEST_CASE("time: clock sources that are none, or stand twice") {
  CHECK(sources("", "") == "");
  CHECK(sources("tsc tsc\n", "tsc\n") ==
        "node_time_clocksource_available_info{clocksource=\"tsc\",device=\"0\"} 1\n"
        "node_time_clocksource_current_info{clocksource=\"tsc\",device=\"0\"} 1\n");
  CHECK(sources(std::string(32, 'x') + " hpet", "a\nb") ==
        "node_time_clocksource_available_info{clocksource=\"hpet\",device=\"0\"} 1\n");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "c" + std::to_string(i) + " ";
  CHECK(sources(many, "").find("c32") == std::string::npos);
}
