// The key that signs links and sessions: a file that is made where there is none.
//
//   Result<Secret> key = kept_key("/var/lib/finwatch/notifier/page.key", env);
#pragma once

#include <string>

#include "core/environment.h"
#include "core/result.h"
#include "core/secret.h"

namespace finwatch::notifier {

/// The key of the file; when there is none a new one is made, readable by its owner alone. config: it cannot be read or made, or is
/// shorter than 32 bytes.
Result<Secret> kept_key(const std::string& file_name, const Env& env);

}  // namespace finwatch::notifier
