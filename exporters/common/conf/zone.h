// Time zones: from an instant to what the clock on a wall there shows, and back.
//
//   Result<Zone> zone = Zone::find("Asia/Shanghai");             // "…; did you mean 'Asia/Shanghai'?"
//   const LocalTime local = zone->local(clock.wall());
//   const WallTime open = zone->instant(day_of(local) + std::chrono::hours{14});
//
// Where clocks go forward, a time that is skipped is the instant at which they went forward. Where they go back, a time that
// comes twice is its first coming unless the last is asked for. The rules are those of the machine (/usr/share/zoneinfo, package
// tzdata), read once for each zone; they list changes up to 2037, later years keep winter time.
#pragma once

#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/date.h"
#include "core/result.h"

namespace finwatch {

class Zone {
 public:
  /// Of a time that comes twice.
  enum class Coming : unsigned char { first, last };

  /// UTC, which needs no rules.
  Zone() = default;
  /// A name such as Europe/Berlin; config, with the nearest one, when there is none.
  static Result<Zone> find(std::string_view name);

  /// Rounded down to the second.
  LocalTime local(WallTime at) const;
  WallTime instant(LocalTime time, Coming which = Coming::first) const;

  /// From an instant on, clocks show this much more than UTC.
  struct Offset {
    WallTime since;
    std::chrono::seconds ahead{};
  };
  /// The one at `from` (its since is `from`), then each that comes before `to`.
  std::vector<Offset> offsets(WallTime from, WallTime to) const;

  std::string_view name() const;

 private:
  const void* rules_ = nullptr;  // of the zone library; they live as long as the process
};

}  // namespace finwatch
