// The page at `/`: what this program is and where its metrics are, in English and Chinese.
#pragma once

#include <string>
#include <string_view>

#include "web/server.h"

namespace finwatch {

/// `text` with & < > " ' escaped for HTML.
std::string escape_html(std::string_view text);

std::string landing_page(const WebOptions& options, const WebHooks& hooks);

}  // namespace finwatch
