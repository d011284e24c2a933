// For a person at a terminal: one flow run now, or what it would send.
//
//   return run_once(*setup, "voucher_entry", env, stdout);      // 0 when it succeeded
//   return dry_run(*setup, stdout);                             // nothing is sent
#pragma once

#include <cstdio>
#include <string_view>

#include "core/environment.h"
#include "workflow/setup.h"

namespace finwatch::workflow {

/// Each step with its time and what it saw, as it happens. 0 when the flow succeeded, 1 when it failed or may not run.
int run_once(const Setup& setup, std::string_view name, const Env& env, std::FILE* out);

/// Every step of every flow (or of one) as it would be sent, with secrets masked and ${…} where only a run knows the value.
int dry_run(const Setup& setup, std::string_view only, std::FILE* out);

}  // namespace finwatch::workflow
