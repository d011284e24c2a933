#include "conf/zone.h"

#include <date/tz.h>

#include <string>
#include <vector>

#include "conf/words.h"
#include "core/text.h"

namespace finwatch {
namespace {

using std::chrono::seconds;

const date::time_zone& rules_of(const void* rules) { return *static_cast<const date::time_zone*>(rules); }

// The nearest name, or the zone of the city that was given alone.
std::string suggestion(std::string_view wanted) {
  std::vector<std::string_view> names;
  for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
  const std::string city = "/" + lower_case(wanted);
  for (const std::string_view name : names)
    if (lower_case(name).ends_with(city)) return "; did you mean '" + std::string(name) + "'?";
  const std::string near = did_you_mean(wanted, names);
  return near.empty() ? "; take a name from /usr/share/zoneinfo, such as Asia/Shanghai" : near;
}

}  // namespace

Result<Zone> Zone::find(std::string_view name) {
  if (name == "UTC") return Zone();
  const std::string quoted = "'" + valid_utf8(name.substr(0, 80)) + "'";
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) {
      if (zone.name() != name) continue;
      zone.get_info(date::sys_seconds{});  // reads its file here, so that nothing can fail later
      Zone found;
      found.rules_ = &zone;
      return found;
    }
    return {Errc::config, "unknown time zone " + quoted + suggestion(name)};
  } catch (const std::exception& error) {
    return {Errc::config, "cannot read the time zone " + quoted + ": " + error.what() + "; is the package tzdata installed?"};
  }
}

LocalTime Zone::local(WallTime at) const {
  const seconds since_1970 = std::chrono::floor<seconds>(at).time_since_epoch();
  if (rules_ == nullptr) return LocalTime{since_1970};
  return LocalTime{since_1970 + rules_of(rules_).get_info(date::sys_seconds{since_1970}).offset};
}

WallTime Zone::instant(LocalTime time, Coming which) const {
  const seconds shown = time.time_since_epoch();
  if (rules_ == nullptr) return WallTime{shown};
  const date::local_info info = rules_of(rules_).get_info(date::local_seconds{shown});
  if (info.result == date::local_info::nonexistent) return WallTime{info.first.end.time_since_epoch()};
  const bool second = info.result == date::local_info::ambiguous && which == Coming::last;
  return WallTime{shown - (second ? info.second.offset : info.first.offset)};
}

std::vector<Zone::Offset> Zone::offsets(WallTime from, WallTime to) const {
  if (rules_ == nullptr) return {{from, seconds{0}}};
  std::vector<Offset> found;
  for (WallTime at = from; at < to;) {
    const date::sys_info info =
        rules_of(rules_).get_info(date::sys_seconds{std::chrono::floor<seconds>(at).time_since_epoch()});
    if (found.empty() || found.back().ahead != info.offset) found.push_back({at, info.offset});
    if (info.end.time_since_epoch() >= std::chrono::floor<seconds>(to).time_since_epoch()) break;
    at = WallTime{info.end.time_since_epoch()};
  }
  return found;
}

std::string_view Zone::name() const { return rules_ == nullptr ? std::string_view("UTC") : rules_of(rules_).name(); }

}  // namespace finwatch
