// Which alerts Alertmanager has now: asked for those that it has not said again, because a silence makes it say nothing of an alert that
// still fires.
#pragma once

#include <set>
#include <string>

#include "core/result.h"
#include "notifier/setup.h"

namespace finwatch::notifier {

/// The fingerprints of all alerts that fire, silenced and inhibited ones too. Errors as http().
Result<std::set<std::string>> alerts_that_fire(const AlertmanagerSetup& setup);

}  // namespace finwatch::notifier
