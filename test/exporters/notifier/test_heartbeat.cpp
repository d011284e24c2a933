#include "fake_figures.h"

namespace finwatch::notifier {
extern const NotifierCollector heartbeat_collector;

TEST_CASE("heartbeat: when it was last heard, and whether it is silent") {
  FakeFigures fake;
  fake.contract.heartbeat = {.alert = "Watchdog", .silent_after = 5min};
  CHECK(fake.samples(heartbeat_collector) == "finwatch_heartbeat_silent 0\n");
  fake.figures.heartbeat = fake.now - 6min;
  fake.figures.heartbeat_silent = true;
  CHECK(fake.samples(heartbeat_collector) ==
        "finwatch_heartbeat_last_timestamp_seconds 1699999640\nfinwatch_heartbeat_silent 1\n");
}

TEST_CASE("heartbeat: nothing without one in the contract, nor from the instance that stands by") {
  FakeFigures fake;
  fake.figures.heartbeat = fake.now;
  CHECK(fake.samples(heartbeat_collector).empty());
  fake.contract.heartbeat = {.alert = "Watchdog", .silent_after = 5min};
  fake.figures.leads = false;
  CHECK(fake.samples(heartbeat_collector).empty());
}

}  // namespace finwatch::notifier
