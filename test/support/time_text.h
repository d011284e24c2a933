// Times in tests: written and read as people do.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "conf/zone.h"
#include "support/catch.h"

namespace finwatch::test {

inline Zone zone(std::string_view name) {
  const Result<Zone> found = Zone::find(name);
  REQUIRE(found);
  return *found;
}

inline Day day(std::string_view text) {
  const auto parsed = parse_day(text);
  REQUIRE(parsed);
  return *parsed;
}

/// The instant at which the clock of a zone shows "2026-12-31 18:00".
inline WallTime time(std::string_view text, const Zone& zone = {}, Zone::Coming which = Zone::Coming::first) {
  const auto parsed = parse_local_time(text);
  REQUIRE(parsed);
  return zone.instant(*parsed, which);
}

/// "2026-12-31 18:00:00 +0800"
inline std::string shown(WallTime at, const Zone& zone = {}) {
  const LocalTime local = zone.local(at);
  const auto offset = std::chrono::duration_cast<std::chrono::minutes>(
      local.time_since_epoch() - std::chrono::floor<std::chrono::seconds>(at).time_since_epoch());
  const auto seconds = (local - day_of(local)).count();
  char text[64];
  std::snprintf(text, sizeof text, " %02d:%02d:%02d %c%02d%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60), offset.count() < 0 ? '-' : '+',
                static_cast<int>(std::abs(offset.count()) / 60), static_cast<int>(std::abs(offset.count()) % 60));
  return to_text(day_of(local)) + text;
}

inline std::string shown(const std::optional<WallTime>& at, const Zone& zone = {}) { return at ? shown(*at, zone) : "never"; }

}  // namespace finwatch::test
