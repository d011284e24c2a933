// Times as the REST interface writes them, and as a person at a terminal reads them.
//
//   parse_rfc3339("2026-11-27T21:05:09.5+08:00");
//   to_rfc3339(at);                                    // "2026-11-27T13:05:09Z"
//   local_text(at);                                    // "2026-11-27 21:05:09", by the clock of this machine
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "rules/tool/notifier/language.h"

namespace finwatch::rules::notifier {

std::optional<WallTime> parse_rfc3339(std::string_view text);
std::string to_rfc3339(WallTime at);

/// RFC 3339, or 2026-12-24T18:00 by the clock of this machine.
std::optional<WallTime> parse_moment(std::string_view text);
std::string local_text(WallTime at);

/// "45 s", "12 min", "1 h 5 min", "2 d 3 h"; never rounded up.
std::string length_text(std::chrono::seconds length, Language language);

}  // namespace finwatch::rules::notifier
