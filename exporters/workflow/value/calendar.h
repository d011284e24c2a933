// What the functions of templates ask about days and zones, and dates as text.
//
//   context.calendar->utc_offset("Asia/Shanghai", now)             8 h; nothing for a zone that is not known
//   parse_date("2026-11-26")                                       a day; nothing for "2026-02-30"
//   format_time("%Y%m%d-%H%M%S", now, std::chrono::hours{8})       "20261126-131500"
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace finwatch::workflow {

class Calendar {
 public:
  virtual ~Calendar() = default;
  /// What local time is ahead of UTC; the empty zone is the flow's own. Nothing for a zone that is not known.
  virtual std::optional<std::chrono::seconds> utc_offset(std::string_view zone, WallTime when) const = 0;
  virtual bool is_workday(std::chrono::sys_days day) const = 0;
};

/// Knows UTC and fixed offsets such as "+08:00"; works from Monday to Friday.
const Calendar& plain_calendar();

std::optional<std::chrono::sys_days> parse_date(std::string_view text);  // "2026-11-26", the years 1 to 9999
std::string format_date(std::chrono::sys_days day);

/// %Y %y %m %d %j %H %M %S %L (milliseconds) %z (+0800) %:z (+08:00) %F %T %%; malformed for any other letter.
Result<std::string> format_time(std::string_view format, WallTime when, std::chrono::seconds utc_offset);

}  // namespace finwatch::workflow
