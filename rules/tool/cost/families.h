// How many series of each metric family one host, one database, one flow … has: what an estimate counts with.
#pragma once

#include <string_view>

namespace finwatch::rules {

/// A line a shape: "unit[,unit…] family[,family…] label=value|value label*count …"; # begins a comment.
extern const std::string_view kFamilies;

}  // namespace finwatch::rules
