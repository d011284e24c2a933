// The commands, each defined in the file of its name; main.cpp lists them.
#pragma once

#include "rules/tool/command/command.h"

namespace finwatch::rules {

extern const Command kCompileCommand;
extern const Command kCheckCommand;
extern const Command kDiffCommand;
extern const Command kExplainCommand;
extern const Command kCoverageCommand;
extern const Command kImportCommand;
extern const Command kCostCommand;
extern const Command kReportCommand;
extern const Command kTestCommand;
extern const Command kMutateCommand;
extern const Command kIncidentsCommand;
extern const Command kOnCallCommand;
/// ack, assign, diagnose …: they differ in a row of act.cpp.
const std::vector<Command>& incident_actions();

}  // namespace finwatch::rules
