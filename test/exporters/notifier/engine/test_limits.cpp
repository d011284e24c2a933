#include "notifier/engine/limits.h"

#include "core/instant.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace std::chrono_literals;

TEST_CASE("limits: the next is free when the oldest of the window has gone") {
  const WallTime now = *parse_instant("2026-11-23T02:00:00Z");
  Limits limits({{1min, 2}, {24h, 3}});
  CHECK(limits.free_at("a", now) == now);
  CHECK(limits.left("a", now) == 2);
  limits.sent("a", now);
  limits.sent("a", now + 10s);
  CHECK(limits.free_at("a", now + 20s) == now + 1min + 1ms);
  CHECK(limits.left("a", now + 20s) == 0);
  CHECK(limits.free_at("b", now + 20s) == now + 20s);
  limits.sent("a", now + 2min);
  CHECK(limits.free_at("a", now + 1h) == now + 24h + 1ms);
}

TEST_CASE("limits: a clock that was wrong for a while holds nothing up once it is right") {
  const WallTime wrong = *parse_instant("2030-01-01T00:00:00Z"), right = *parse_instant("2026-11-23T02:00:00Z");
  Limits limits({{1min, 2}});
  limits.sent("a", wrong);
  limits.sent("a", wrong + 1s);
  CHECK(limits.free_at("a", right) == right);
  CHECK(limits.left("a", right) == 2);
  limits.sent("a", right);
  limits.sent("a", right + 1s);
  CHECK(limits.free_at("a", right + 2s) == right + 1min + 1ms);
}
