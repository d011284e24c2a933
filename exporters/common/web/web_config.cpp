#include "web/web_config.h"

namespace finwatch {
Result<WebConfig> load_web_config(const std::string& path) {
  return {Errc::config, path + ": web configuration files are not read by this build"};
}
}  // namespace finwatch
