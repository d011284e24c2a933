// Instants as RFC 3339 writes them.
//
//   parse_instant("2026-11-22T20:41:57.139+08:00");      // 12:41:57.139 in UTC
//   instant_text(*time);                                 // "2026-11-22T12:41:57.139Z", without .000
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace finwatch {

/// Nothing when it is none, or before 1970 (Prometheus writes year 1 for "not yet").
std::optional<WallTime> parse_instant(std::string_view text);
/// In UTC, to the millisecond.
std::string instant_text(WallTime time);

}  // namespace finwatch
