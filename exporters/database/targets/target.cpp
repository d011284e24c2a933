#include "database/targets/target.h"

#include "database/targets/lanes.h"
#include "database/targets/target_state.h"

namespace finwatch::database {

Target::Target(TargetOptions options, const std::vector<ChosenCollector>& collectors, const Env& env, Connect connect)
    : state_(std::make_shared<TargetState>(std::move(options), collectors, env, connect)) {}

Target::~Target() { state_->stop(); }

const std::string& Target::name() const { return state_->options.name; }
Engine Target::engine() const { return state_->options.address.engine; }
const TargetOptions& Target::options() const { return state_->options; }

std::uint64_t Target::begin(SteadyTime deadline) {
  const std::uint64_t run = state_->begin(deadline);
  if (run == 1) start_lanes(state_);
  return run;
}

void Target::wait(std::uint64_t run, SteadyTime deadline) { state_->wait(run, deadline); }
void Target::wait_for_first_round(SteadyTime deadline) { state_->wait_for_first_round(deadline); }
TargetView Target::take(std::uint64_t run) { return state_->take(run); }
TargetView Target::last_view() const { return state_->last_view(); }

}  // namespace finwatch::database
