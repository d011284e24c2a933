#include "core/instant.h"
#include "support/catch.h"

using namespace finwatch;

TEST_CASE("instant: what Prometheus and Alertmanager write is read, and comes out again") {
  for (const char* same : {"1970-01-01T00:00:00Z", "2026-11-22T12:41:57.139Z", "2028-02-29T23:59:59Z"})
    CHECK(instant_text(parse_instant(same).value()) == same);
  CHECK(instant_text(parse_instant("2026-11-22T20:41:57.139+08:00").value()) == "2026-11-22T12:41:57.139Z");
  CHECK(instant_text(parse_instant("2026-11-22T07:11:57-05:30").value()) == "2026-11-22T12:41:57Z");
  CHECK(instant_text(parse_instant("2026-11-22T12:41:57.139999999999Z").value()) == "2026-11-22T12:41:57.139Z");
  CHECK(parse_instant("2026-11-22T12:41:57.1Z").value() - parse_instant("2026-11-22T12:41:57Z").value() ==
        std::chrono::milliseconds{100});
}

TEST_CASE("instant: what is none is refused") {
  for (const char* wrong : {"", "0001-01-01T00:00:00Z", "2026-11-22", "2026-11-22T12:41:57", "2026-11-22T12:41:57.Z",
                            "2026-11-22T25:00:00Z", "2026-02-29T00:00:00Z", "2026-11-22T12:41:57+8:00", "2026-11-22T12:41:57ZZ",
                            "2026-11-22T12:4x:57Z", "2026-11-22T12:41:57.139999999999999999999999999999Z"})
    CHECK_FALSE(parse_instant(wrong));
}
