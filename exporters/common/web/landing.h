// The page at `/`: what this program is and where its metrics are, in English and Chinese.
#pragma once

#include <string>

#include "web/server.h"

namespace finwatch {

std::string landing_page(const WebOptions& options, const WebHooks& hooks);

}  // namespace finwatch
