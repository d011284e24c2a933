// What a call that failed, and a status that no rule of the file looks at, mean for a step.
//
//   if (!result.outcome) return failed(reason_of(result.outcome.error), result.outcome.text);
#pragma once

#include "workflow/net/call.h"
#include "workflow/value/expect.h"
#include "workflow/value/reason.h"

namespace finwatch::workflow {

Reason reason_of(NetError error);

/// The peer cannot have got what the step sends, if this came before anything else was sent.
bool came_first(NetError error);

/// A rule of the file says what a status means.
bool looks_at_status(const Checks& checks);

/// What an HTTP status says when no rule does.
Reason reason_of_status(int status);

}  // namespace finwatch::workflow
