// The flag that names alerts, for commands that work on some of them.
#pragma once

#include <span>

#include "rules/tool/command/command.h"

namespace finwatch::rules {

inline constexpr FlagSpec kOnlyFlag{FlagKind::list, "alert", "", "Only this alert. May be given again."};

inline constexpr FlagSpec kAreaFlag{FlagKind::list, "area", "", "Only the alerts of this area. May be given again."};

/// Are only some of the alerts asked for?
inline bool only_some(const Flags& flags) { return flags.given(kOnlyFlag.name) || flags.given(kAreaFlag.name); }

/// Leaves what the two flags ask for, all where neither is given; config for an alert or an area that is not there.
Status keep_only(const Flags& flags, std::vector<Area>& areas);

}  // namespace finwatch::rules
