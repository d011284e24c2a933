#include <cerrno>

#include "host/sources/adjtimex_call.h"
#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo timex_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::AdjtimexCall;
using finwatch::host::timex_collector;

namespace {

Env with(AdjtimexCall::Function function) {
  Env env;
  env.shared<AdjtimexCall>()->replace(std::move(function));
  return env;
}
int synchronised(timex& kernel) {
  CHECK(kernel.modes == 0);  // asks, sets nothing
  kernel.offset = -123'456;
  kernel.freq = 13 * 65536;
  kernel.maxerror = 250'000;
  kernel.esterror = 1'500;
  kernel.status = STA_PLL | STA_NANO;
  kernel.constant = 7;
  kernel.tick = 10'000;
  kernel.ppsfreq = -65536;
  kernel.jitter = 2'000;
  kernel.shift = 4;
  kernel.stabil = 65536;
  kernel.jitcnt = 1;
  kernel.calcnt = 2;
  kernel.errcnt = 3;
  kernel.stbcnt = 4;
  kernel.tai = 37;
  return TIME_OK;
}
bool has(const Collected& got, const std::string& line) { return got.samples.find(line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("timex: a synchronised clock") {
  const Collected got = collect(timex_collector, with(synchronised));
  REQUIRE(got.status);
  CHECK(compare_golden("host/timex.prom", got.page) == "");
}

TEST_CASE("timex: offset and jitter are microseconds without STA_NANO; TIME_ERROR means not synchronised") {
  const Collected got = collect(timex_collector, with([](timex& kernel) {
                                  kernel.offset = -123'456;
                                  kernel.jitter = 2'000;
                                  kernel.status = STA_UNSYNC;
                                  return TIME_ERROR;
                                }));
  CHECK(has(got, "node_timex_offset_seconds -0.123456"));
  CHECK(has(got, "node_timex_pps_jitter_seconds 0.002"));
  CHECK(has(got, "node_timex_sync_status 0"));
  CHECK(has(got, "node_timex_status 64"));
}

TEST_CASE("timex: a leap second is no error") {
  for (const int state : {TIME_INS, TIME_DEL, TIME_OOP, TIME_WAIT})
    CHECK(has(collect(timex_collector, with([=](timex&) { return state; })), "node_timex_sync_status 1"));
}

TEST_CASE("timex: a call that is forbidden is no source; one that fails is a failure") {
  for (const int number : {EPERM, EACCES, ENOSYS}) {
    const Collected got = collect(timex_collector, with([=](timex&) { return errno = number, -1; }));
    CHECK(got.status.error().code == Errc::no_data);
  }
  CHECK(collect(timex_collector, with([](timex&) { return errno = EFAULT, -1; })).status.error().code == Errc::unavailable);
}

TEST_CASE("timex: the kernel that runs this test answers") {
  const Collected got = collect(timex_collector, Env{});
  if (got.status)
    CHECK(got.series == 17);
  else
    CHECK(to_string(got.status.error().code) == "no_data");
}
