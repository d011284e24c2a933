// What the commands of the command line share. A command is a file of this folder, a line in commands.h and a word in main.cpp:
//
//   const Command kCompileCommand{"compile", "what it does", {its flags}, run};
#pragma once

#include <string_view>
#include <vector>

#include "conf/flags.h"
#include "rules/tool/compile/compile.h"

namespace finwatch::rules {

// What a command ends with beside 0. main answers a wrong command line with kWrongCommandLine.
inline constexpr int kFailed = 1;
inline constexpr int kWrongCommandLine = 2;

struct Command {
  std::string_view name, about;
  std::vector<FlagSpec> flags;
  int (*run)(const Flags& flags);  // the exit status
  std::string_view operands = {};  // the list flag that words without dashes belong to
};

inline constexpr FlagSpec kContractFlag{FlagKind::text, "contract", "rules/sla.yaml", "The contract."};
inline constexpr FlagSpec kAlertsFlag{FlagKind::text, "alerts", "rules/alerts", "The folder of the alert catalogue."};

/// Says on standard error what is wrong; kFailed.
int complain(const Error& error);

struct Input {
  Contract contract;
  std::vector<Area> areas;
};

/// What kContractFlag and kAlertsFlag name.
Result<Input> load_input(const Flags& flags);

/// The moment that a flag gives by the organisation's clock, 2026-12-24T18:00; now when it gives none.
Result<LocalTime> moment(const Contract& contract, const Flags& flags, std::string_view flag);

/// Whole or not at all: on the disk beside its place, then renamed over what was there. Makes the folder.
Status write_whole(const std::string& path, std::string_view text);

}  // namespace finwatch::rules
