// The almanac as functions of templates ask it: ${today()}, ${add_workdays(today(), -1)}, ${now('%H', 'Asia/Shanghai')}.
//
//   Context context{.calendar = make_calendar(almanac).get()};
#pragma once

#include <memory>

#include "workflow/value/calendar.h"
#include "workflow/when/almanac.h"

namespace finwatch::workflow {

/// Zones of the machine's rules, fixed offsets such as "+08:00", and the almanac's working days.
std::shared_ptr<const Calendar> make_calendar(const Almanac& almanac);

}  // namespace finwatch::workflow
