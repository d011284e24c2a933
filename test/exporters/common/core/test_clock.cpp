#include "core/clock.h"

#include <thread>

#include "core/environment.h"
#include "support/catch.h"

using namespace finwatch;
using namespace std::chrono_literals;

TEST_CASE("clock: a manual one moves when it is told to, both hands together") {
  ManualClock clock;
  const SteadyTime steady = clock.steady();
  const WallTime wall = clock.wall();
  CHECK(to_seconds(wall) == 1'700'000'000.0);
  CHECK(clock.steady() == steady);
  clock.advance(4h);
  CHECK(clock.steady() - steady == 4h);
  CHECK(clock.wall() - wall == 4h);
  clock.advance(1ns);
  CHECK(clock.steady() - steady == 4h + 1ns);
  CHECK(ManualClock(WallTime{10s}).wall() == WallTime{10s});
}

TEST_CASE("clock: a manual one leaves room before it, so ages of an hour are no underflow") {
  CHECK(ManualClock().steady() - 1h >= SteadyTime{});
}

TEST_CASE("clock: the system's runs, and never backwards") {
  const Clock& clock = system_clock();
  SteadyTime last = clock.steady();
  for (int i = 0; i < 1000; ++i) {
    const SteadyTime now = clock.steady();
    CHECK(now >= last);
    last = now;
  }
  CHECK(to_seconds(clock.wall()) > 1'700'000'000.0);
  CHECK(&clock == &system_clock());
}
