// Every collector of finwatch-host. The table behind it is generated from the words in CMakeLists.txt.
#pragma once

#include <span>

#include "run/collector.h"

namespace finwatch::host {

std::span<const CollectorInfo* const> collectors();

}  // namespace finwatch::host
