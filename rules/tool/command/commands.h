// The commands, each defined in the file of its name; main.cpp lists them.
#pragma once

#include "rules/tool/command/command.h"

namespace finwatch::rules {

extern const Command kCompileCommand;
extern const Command kCheckCommand;

}  // namespace finwatch::rules
