#include "rules/tool/command/tools.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace finwatch::rules {

std::optional<std::string> find_tool(const Flags& flags, const FlagSpec& tool, std::string_view package) {
  const char* path = std::getenv("PATH");
  const std::string name(flags.text(tool.name));
  std::optional<std::string> found = find_program(name, path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
  if (!found)
    std::fprintf(
        stderr,
        "finwatch: %s is not there; in Debian it comes with %.*s (apt-get install %.*s), elsewhere name it: --%.*s=PATH\n",
        name.c_str(), static_cast<int>(package.size()), package.data(), static_cast<int>(package.size()), package.data(),
        static_cast<int>(tool.name.size()), tool.name.data());
  return found;
}

RunOptions run_options(const Flags& flags) {
  RunOptions options;
  const auto jobs = static_cast<std::size_t>(std::max(0LL, flags.integer(kJobsFlag.name)));
  options.at_once = jobs > 0 ? jobs : std::max(1U, std::thread::hardware_concurrency());
  options.within = flags.duration(kTimeoutFlag.name);
  return options;
}

Progress::Progress(std::string_view what, std::size_t steps, std::size_t each)
    : what_(what), steps_(steps), each_(each), shown_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::step() {
  ++done_;
  if (shown_)
    std::fprintf(stderr, "\r%zu of about %zu %.*s\033[K", done_ * each_, steps_ * each_, static_cast<int>(what_.size()),
                 what_.data());
}

}  // namespace finwatch::rules
