// A pair of --collector.x.…-include and -exclude switches of which the second has a default.
#pragma once

#include <span>
#include <string_view>

#include "conf/pattern.h"
#include "run/collector.h"

namespace finwatch::host {

/// Naming what to include switches the default of what to exclude off; an operator's own exclude beside it is an error.
inline Result<NameFilter> filter_from(const Settings& settings, std::span<const FlagSpec> flags, std::string_view include,
                                      std::string_view exclude) {
  std::string_view left_out = settings.text(exclude);
  if (!settings.text(include).empty())
    for (const FlagSpec& flag : flags)
      if (flag.name == exclude && flag.default_value == left_out) left_out = {};
  return NameFilter::make(settings.text(include), left_out);
}

}  // namespace finwatch::host
