// How one server is asked: by two threads with a session each, with growing pauses while it is down.
//
//   start_lanes(state);      // at the first scrape: a configuration that is only checked logs in nowhere
#pragma once

#include <memory>

#include "database/targets/target_state.h"

namespace finwatch::database {

/// The threads are detached and keep the state: a target that is taken away while its server hangs holds nobody up. They end after
/// TargetState::stop(), when their calls return, which their deadlines see to.
void start_lanes(const std::shared_ptr<TargetState>& state);

}  // namespace finwatch::database
