#include "core/environment.h"

namespace finwatch {

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string Env::join(std::string_view folder, std::string_view path) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  std::string joined(folder);
  if (!joined.ends_with('/')) joined += '/';
  joined += path;
  return joined;
}

}  // namespace finwatch
