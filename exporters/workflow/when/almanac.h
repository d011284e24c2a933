// All that the configuration says about time: the zone, working days, accounting periods and named windows.
//
//   calendar:
//     time_zone: Asia/Shanghai                                   # UTC unless given
//     holidays: [calendars/cn.yml, our-company.yml]              # relative to this file; later ones overrule
//     period: month                                              # or {length: month, first_day: 26}
//     windows:
//       close: {days: last workday, from: "14:00", to: "22:00"}
//       maintenance:
//         - {days: Sat, from: "23:00", to: "02:00", except: close}
//         - {from: 2026-12-31 18:00, to: 2027-01-01 06:00}
//
//   const Result<Almanac> almanac = read_almanac(tree.find("calendar"), "calendar");
//   almanac->windows.find("close")->second.active(clock.wall());
#pragma once

#include <map>
#include <memory>
#include <string>

#include "conf/yaml.h"
#include "workflow/when/period.h"
#include "workflow/when/windows.h"

namespace finwatch::workflow {

struct Almanac {
  Zone zone;
  std::shared_ptr<const FinanceCalendar> calendar = std::make_shared<FinanceCalendar>();
  PeriodRule period;
  std::map<std::string, Windows, std::less<>> windows;
};

/// `section` may be nullptr: UTC, weekends only, months. config with file:line:column, of the holiday file where it is there.
Result<Almanac> read_almanac(const Tree* section, const std::string& path);

/// A window: the name of one in the almanac, a part, or a list of both.
Result<Windows> read_windows(const Tree& tree, const std::string& path, const Almanac& almanac);

/// The zone that `time_zone` names, or `fallback`; an error goes to the reader.
Zone read_zone(MapReader& reader, const Zone& fallback);

}  // namespace finwatch::workflow
