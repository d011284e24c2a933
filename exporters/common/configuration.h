// The configuration of a program as a whole: flags and file together, all of it good, or an error and nothing changed.
//
//   Result<std::vector<RunnerEntry>> entries = load_configuration(program, flags, env);
//   if (entries) runner.replace(std::move(*entries));
#pragma once

#include <vector>

#include "app.h"
#include "conf/flags.h"
#include "core/environment.h"
#include "run/runner.h"

namespace finwatch {

/// The collectors that flags and --config.file ask for, made anew. config with file:line:column and what would be right.
Result<std::vector<RunnerEntry>> load_configuration(const Program& program, const Flags& flags, const Env& env);

}  // namespace finwatch
