// Times as the REST interface writes them, and as a person at a terminal reads them.
//
//   whole_seconds(at);                                 // "2026-11-27T13:05:09Z"; core/instant.h reads it
//   local_text(at);                                    // "2026-11-27 21:05:09", by the clock of this machine
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/instant.h"
#include "rules/tool/notifier/language.h"

namespace finwatch::rules::notifier {

inline std::string whole_seconds(WallTime at) { return instant_text(std::chrono::floor<std::chrono::seconds>(at)); }

/// RFC 3339, or 2026-12-24T18:00 by the clock of this machine.
std::optional<WallTime> parse_moment(std::string_view text);
std::string local_text(WallTime at);

/// "45 s", "12 min", "1 h 5 min", "2 d 3 h"; never rounded up.
std::string length_text(std::chrono::seconds length, Language language);

}  // namespace finwatch::rules::notifier
