// The programs of others that commands call, the flags that name them, and a line that says how far they are.
#pragma once

#include <optional>
#include <string>

#include "rules/tool/command/command.h"
#include "rules/tool/run/programs.h"

namespace finwatch::rules {

inline constexpr int kNoTool = 2;  // a program that the command needs is not there

inline constexpr FlagSpec kPromtoolFlag{FlagKind::text, "promtool", "promtool",
                                        "Prometheus's tool: a name that is looked for, or a path."};
inline constexpr FlagSpec kAmtoolFlag{FlagKind::text, "amtool", "amtool",
                                      "Alertmanager's tool: a name that is looked for, or a path."};
inline constexpr FlagSpec kJobsFlag{FlagKind::integer, "jobs", "0",
                                    "How many programs run at once; 0: as many as there are processors."};
inline constexpr FlagSpec kTimeoutFlag{FlagKind::duration, "timeout", "10m",
                                       "How long one of them may take before it is killed."};

/// The path of the flag's program. Where it is not there, says so, and which package of Debian has it.
std::optional<std::string> find_tool(const Flags& flags, const FlagSpec& tool, std::string_view package);

RunOptions run_options(const Flags& flags);

/// A line on a terminal that is written over and over, and is gone in the end.
class Progress {
 public:
  Progress(std::string_view what, std::size_t steps, std::size_t each);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void step();

 private:
  std::string_view what_;
  std::size_t steps_, each_, done_ = 0;
  bool shown_;
};

}  // namespace finwatch::rules
