#include "database/targets/target_state.h"

#include <algorithm>
#include <utility>

namespace finwatch::database {
namespace {

constexpr std::chrono::milliseconds kWayBack{30};  // from the lane's end to the page

}  // namespace

TargetState::TargetState(TargetOptions o, const std::vector<ChosenCollector>& collectors, const Env& e, Target::Connect c)
    : options(std::move(o)), env(e), connect(c) {
  const unsigned engines = options.address.engine == Engine::postgresql ? unsigned{kPostgresql} : unsigned{kMysqlKin};
  const auto& only = options.collectors;
  for (const ChosenCollector& chosen : collectors) {
    if ((chosen.row->engines & engines) == 0) continue;
    if (!only.empty() && std::find(only.begin(), only.end(), chosen.row->info.name) == only.end()) continue;
    auto slot = std::make_unique<Slot>();
    slot->row = chosen.row;
    slot->settings = chosen.settings;
    slot->reader = chosen.row->make(*chosen.settings, options);
    slot->view.row = chosen.row;
    (chosen.row->lane == Lane::fast ? fast_slots_ : timed_slots_).push_back(slot.get());
    slots_.push_back(std::move(slot));
  }
  first_round_done_ = timed_slots_.empty();
}

std::uint64_t TargetState::begin(SteadyTime deadline) {
  const SteadyTime own = std::chrono::steady_clock::now() + std::chrono::duration_cast<SteadyTime::duration>(options.timeout);
  const std::lock_guard lock(mutex_);
  deadline_ = std::min(deadline, own) - kWayBack;
  changed_.notify_all();
  ++askers_;
  return ++wanted_;
}

void TargetState::wait(std::uint64_t run, SteadyTime deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] { return answered_ >= run; });
}

void TargetState::wait_for_first_round(SteadyTime deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] { return first_round_done_; });
}

TargetView TargetState::take(std::uint64_t run) {
  const std::lock_guard lock(mutex_);
  TargetView view = look(run);
  if (--askers_ == 0)
    for (Slot* slot : fast_slots_) slot->view.published = nullptr;
  return view;
}

TargetView TargetState::look(std::uint64_t run) const {
  TargetView view{.up = well_run_ >= run,
                  .reason = answered_ >= run ? reason_ : SqlReason::timeout,
                  .connect_seconds = connect_seconds_,
                  .logins = logins_,
                  .failures = failures_,
                  .sessions = sessions_,
                  .reserved = reserved_,
                  .version = version_,
                  .collectors = {}};
  // Still busy with what it could not do before: the first reason is the better one.
  if (!view.up && answered_ < run && reason_ != SqlReason::none && sessions_ == 0) view.reason = reason_;
  view.collectors.reserve(slots_.size());
  for (const auto& slot : slots_) {
    CollectorView shown = slot->view;
    if (slot->row->lane == Lane::fast && slot->run < run) {
      shown.published = nullptr;  // of an earlier scrape: no sample is better than an old one
      if (shown.success) {
        shown.success = false;
        shown.reason = Errc::timeout;
      }
    }
    view.collectors.push_back(std::move(shown));
  }
  return view;
}

TargetView TargetState::last_view() const {
  const std::lock_guard lock(mutex_);
  const bool late = wanted_ > answered_ && std::chrono::steady_clock::now() > deadline_;
  const std::uint64_t run = late ? wanted_ : answered_;
  TargetView seen = look(run);
  if (run == 0) {  // nobody has asked yet
    seen.up = false;
    seen.reason = SqlReason::none;
  }
  return seen;
}

void TargetState::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

std::optional<TargetState::Wanted> TargetState::next_scrape(std::uint64_t run) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || wanted_ > run; });
  if (stopping_) return {};
  return Wanted{wanted_, deadline_};
}

bool TargetState::rest_until(SteadyTime time) const {
  std::unique_lock lock(mutex_);
  return !changed_.wait_until(lock, time, [&] { return stopping_; });
}

bool TargetState::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void TargetState::logged_in(LaneThread thread, std::string_view version, double seconds, bool reserved) {
  const std::lock_guard lock(mutex_);
  connect_seconds_ = seconds;
  ++logins_;
  ++sessions_;
  version_ = version;
  if (thread == LaneThread::fast && std::exchange(reserved_, reserved) != reserved && reserved)
    env.log->warn("every ordinary slot is taken; watching from the reserved one", {{"target", options.name}});
  if (reason_ != SqlReason::none && thread == LaneThread::fast)
    env.log->info("connected", {{"target", options.name}, {"place", options.address.place()}, {"version", version_}});
}

void TargetState::not_logged_in(LaneThread thread, SqlReason why, std::optional<double> seconds) {
  const std::lock_guard lock(mutex_);
  if (seconds) connect_seconds_ = *seconds;
  if (thread == LaneThread::fast) reason_ = why;
  ++failures_;
}

void TargetState::session_ended(LaneThread thread, SqlReason why) {
  const std::lock_guard lock(mutex_);
  --sessions_;
  if (thread != LaneThread::fast) return;
  reserved_ = false;
  if (why != SqlReason::none && reason_ != why)
    env.log->warn("session lost", {{"target", options.name}, {"reason", to_string(why)}});
  reason_ = why;
}

void TargetState::publish(Slot& slot, std::shared_ptr<const MetricSink> page, double seconds, std::uint64_t run) {
  const std::lock_guard lock(mutex_);
  slot.view.published.swap(page);  // the old one goes when the lock is open again
  slot.view.attempted = slot.view.supported = slot.view.success = true;
  slot.view.duration_seconds = seconds;
  slot.view.last_success = env.clock->wall();
  slot.run = run;
}

void TargetState::failed(Slot& slot, const Error& error, double seconds) {
  const std::lock_guard lock(mutex_);
  const bool news = !slot.view.attempted || slot.view.success || slot.view.reason != error.code;
  slot.view.attempted = true;
  slot.view.success = false;
  slot.view.supported = error.code != Errc::no_data;
  slot.view.reason = error.code;
  slot.view.duration_seconds = seconds;
  if (error.code == Errc::no_data) slot.view.published = nullptr;
  if (news && error.code != Errc::no_data && error.code != Errc::unavailable)
    env.log->warn("collector failed", {{"target", options.name},
                                       {"collector", slot.row->info.name},
                                       {"reason", to_string(error.code)},
                                       {"error", error.message}});
}

void TargetState::answered(std::uint64_t run, bool up) {
  const std::lock_guard lock(mutex_);
  answered_ = run;
  if (up) {
    well_run_ = run;
    reason_ = SqlReason::none;
  }
  changed_.notify_all();
}

void TargetState::end_first_round() {
  const std::lock_guard lock(mutex_);
  first_round_done_ = true;
  changed_.notify_all();
}

}  // namespace finwatch::database
