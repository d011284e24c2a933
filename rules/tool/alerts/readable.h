// A title or text of an alert as a person reads it where there are no labels to fill in.
//
//   readable("{{ $labels.target }} is full");      // "<target> is full"
#pragma once

#include <string>
#include <string_view>

namespace finwatch::rules {

/// {{ $labels.x }} becomes <x>, {{ $value | humanize }} becomes <value>.
std::string readable(std::string_view text);

}  // namespace finwatch::rules
