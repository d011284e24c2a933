// Times and lengths of time as messages say them.
//
//   day_and_minute(began, zone);                     // "11-27 22:15"
//   length_words(std::chrono::minutes{125}).zh;      // "2 小时 5 分钟"
#pragma once

#include <chrono>
#include <string>

#include "conf/zone.h"

namespace finwatch::notifier {

std::string hour_and_minute(WallTime at, const Zone& zone);
std::string day_and_minute(WallTime at, const Zone& zone);

struct LengthWords {
  std::string zh, en;
};

/// In the two largest units that matter, rounded down to the minute.
LengthWords length_words(std::chrono::nanoseconds length);

}  // namespace finwatch::notifier
