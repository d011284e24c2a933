#include "workflow/run/engine.h"

#include <algorithm>
#include <utility>

namespace finwatch::workflow {
namespace {

using std::chrono::seconds;

// A clock that is set is noticed within this time.
constexpr seconds kLongestSleep{60};
constexpr seconds kFirstHold{60};
constexpr seconds kLongestHold{3600};

int writes_of(const Flow& flow) {
  int writes = 0;
  for (const auto* part : {&flow.steps, &flow.finally})
    for (const Step& step : *part) writes += step.effect == Effect::create || step.effect == Effect::change ? 1 : 0;
  return writes;
}

void observe(const Flow& flow, const RunReport& report, Durations& durations) {
  const std::size_t bounds = flow.buckets.size();
  if (durations.counts.size() != bounds) {
    durations = {};
    durations.counts.resize(bounds);
    durations.exemplars.resize(bounds);
  }
  const double took = std::chrono::duration<double>(report.duration).count();
  ++durations.count;
  durations.sum += took;
  const auto bound = std::lower_bound(flow.buckets.begin(), flow.buckets.end(), took);
  if (bound == flow.buckets.end()) return;
  const auto at = static_cast<std::size_t>(bound - flow.buckets.begin());
  ++durations.counts[at];
  durations.exemplars[at] = {took, to_seconds(report.started), report.trace_id};
}

void note_release(const RunReport& report, std::vector<ReleaseState>& releases) {
  if (report.release.empty()) return;
  auto found =
      std::find_if(releases.begin(), releases.end(), [&](const ReleaseState& r) { return r.release == report.release; });
  if (found == releases.end()) {
    if (releases.size() >= kMostReleases)
      releases.erase(std::min_element(releases.begin(), releases.end(),
                                      [](const ReleaseState& a, const ReleaseState& b) { return a.last_run < b.last_run; }));
    releases.push_back({.release = report.release});
    found = releases.end() - 1;
  }
  ++found->runs;
  found->last_run = report.started;
  if (report.success)
    found->seconds += std::chrono::duration<double>(report.duration).count();
  else
    ++found->failures;
}

void keep_report(FlowState& state, const std::shared_ptr<const RunReport>& report) {
  state.recent.push_front(report);
  if (state.recent.size() > kMostKeptRuns) state.recent.pop_back();
  if (!report->success && !report->unsupported) state.last_failed = report;
}

bool same_buckets(const Flow& one, const Flow& other) { return one.buckets == other.buckets; }

bool same_login(const Flow& one, const Flow& other) {
  if (one.givens.size() != other.givens.size()) return false;
  for (std::size_t i = 0; i < one.givens.size(); ++i)
    if (one.givens[i].first != other.givens[i].first || one.givens[i].second.text != other.givens[i].second.text) return false;
  return true;
}

}  // namespace

struct FlowEngine::Entry {
  Entry(std::shared_ptr<const Flow> its_flow, std::size_t its_place, Loop& loop)
      : flow(std::move(its_flow)), place(its_place), schedule(*flow->schedule, flow->name, 0, loop.wall_now()), timer(loop) {}

  std::shared_ptr<const Flow> flow;
  std::size_t place;  // on the board
  Schedule schedule;
  Timer timer;
  Session session;
  std::unique_ptr<FlowRun> run;
  bool tested = false;       // its self-test has passed
  bool refused = false;      // not granted what it needs
  bool retired = false;      // not on the board any more
  std::optional<bool> well;  // how the last run went
};

FlowEngine::FlowEngine(const Machines& machines, FlowBoard& board)
    : machines_(machines), board_(board), starter_(machines.loop), sweeper_(machines.loop) {}
FlowEngine::~FlowEngine() = default;

void FlowEngine::apply(const std::vector<std::shared_ptr<const Flow>>& flows, std::shared_ptr<SqlPool> sql) {
  machines_.sql = std::move(sql);
  forget_due();  // all are planned anew
  std::vector<std::unique_ptr<Entry>> before = std::move(entries_);
  entries_.clear();
  std::vector<FlowState> states(flows.size());
  board_.change([&](std::vector<FlowState>& old) {
    for (std::size_t i = 0; i < flows.size(); ++i) {
      const auto& flow = flows[i];
      auto entry = std::make_unique<Entry>(flow, i, machines_.loop);
      FlowState& state = states[i];
      for (auto& earlier : before) {
        if (!earlier || earlier->flow->name != flow->name) continue;
        state = std::move(old[earlier->place]);
        if (!same_buckets(*earlier->flow, *flow)) state.durations = {};
        if (same_login(*earlier->flow, *flow))
          entry->session = std::move(earlier->session);
        else
          holds_.erase(flow->account);
        entry->tested = earlier->tested;
        entry->well = earlier->well;
        earlier->retired = true;
        if (earlier->run) retired_.push_back(std::move(earlier));
        earlier.reset();
      }
      state.flow = flow;
      state.refusal = flow->refusal();
      state.running = false;
      state.quota_reached = false;
      note_journal(state);
      entry->refused = !state.refusal.empty();
      if (entry->refused) machines_.log->warn("flow is not run", {{"flow", flow->name}, {"why", state.refusal}});
      entries_.push_back(std::move(entry));
    }
    old = std::move(states);
  });
  for (auto& earlier : before)
    if (earlier && earlier->run) {
      earlier->retired = true;
      retired_.push_back(std::move(earlier));
    }
  for (const auto& entry : entries_) {
    if (!entry->refused && !stopping_) plan(*entry);
  }
}

void FlowEngine::plan(Entry& entry) {
  const std::optional<WallTime> next = entry.schedule.next();
  if (!entry.retired) board_.change([&](std::vector<FlowState>& flows) { flows[entry.place].next = next; });
  if (!next) return;
  const auto away = std::clamp<std::chrono::nanoseconds>(*next - machines_.loop.wall_now(), seconds{0}, kLongestSleep);
  entry.timer.start(machines_.loop.now() + std::chrono::duration_cast<SteadyTime::duration>(away),
                    [this, &entry] { tick(entry); });
}

void FlowEngine::tick(Entry& entry) {
  const WallTime now = machines_.loop.wall_now();
  if (!entry.schedule.due(now)) return plan(entry);
  due_.push_back(&entry);
  if (due_.size() == 1) starter_.start(machines_.loop.now(), [this] { start_next(); });
}

// One a round of the loop: what has begun goes on before the next begins. Were hundreds that are due at one moment begun at once, each
// would wait for all others, and its steps would be charged with that; and all their memory would be in use together.
void FlowEngine::start_next() {
  Entry& entry = *due_.front();
  due_.pop_front();
  if (may_start(entry)) {
    begin(entry);
  } else {
    entry.schedule.finished(machines_.loop.wall_now(), true);  // left out, which calls for no earlier re-check
    plan(entry);
  }
  if (!due_.empty()) starter_.start(machines_.loop.now(), [this] { start_next(); });
}

void FlowEngine::forget_due() {
  due_.clear();
  starter_.cancel();
}

bool FlowEngine::may_start(Entry& entry) {
  // The run that began under the configuration before goes first.
  if (std::any_of(retired_.begin(), retired_.end(),
                  [&](const auto& old) { return old->run && old->flow->name == entry.flow->name; }))
    return false;
  const auto hold = holds_.find(entry.flow->account);
  const SteadyTime now = machines_.loop.now();
  const bool session = entry.session.kept && now < entry.session.until;
  const bool held = hold != holds_.end() && now < hold->second.until && !session && !entry.flow->login.empty();
  const int writes = writes_of(*entry.flow);
  bool quota = false;
  bool said = false;
  board_.change([&](std::vector<FlowState>& flows) {
    FlowState& state = flows[entry.place];
    note_journal(state);
    quota = writes > 0 && state.writes_today + writes > entry.flow->grant.writes_per_day;
    said = state.quota_reached;
    state.quota_reached = quota;
    state.held_until =
        held ? machines_.loop.wall_now() + std::chrono::duration_cast<WallTime::duration>(hold->second.until - now)
             : WallTime{};
  });
  if (quota && !said)
    machines_.log->warn("flow does not run: its writes of today are used up",
                        {{"flow", entry.flow->name}, {"writes_per_day", std::to_string(entry.flow->grant.writes_per_day)}});
  return !held && !quota;
}

void FlowEngine::begin(Entry& entry) {
  ++running_;
  board_.change([&](std::vector<FlowState>& flows) {
    FlowState& state = flows[entry.place];
    state.running = true;
    state.lag = entry.schedule.lag();
    state.next = entry.schedule.next();
  });
  entry.run = std::make_unique<FlowRun>(machines_, entry.flow);
  entry.run->start(entry.session, entry.tested,
                   [this, &entry](const std::shared_ptr<const RunReport>& report) { finished(entry, report); });
}

void FlowEngine::finished(Entry& entry, const std::shared_ptr<const RunReport>& report) {
  --running_;
  entry.run.reset();
  const bool good = report->success || report->unsupported;
  entry.schedule.finished(machines_.loop.wall_now(), good);
  if (!report->unsupported && !report->steps.empty()) {
    const bool self_tested = std::any_of(report->steps.begin(), report->steps.end(), [](const StepReport& step) {
      return step.step->self_test && step.result == StepResult::ok;
    });
    entry.tested = entry.tested || self_tested;
  }
  hold_back(entry, *report);
  if (!entry.retired) {
    log_change(entry, *report);
    board_.change([&](std::vector<FlowState>& flows) {
      FlowState& state = flows[entry.place];
      state.running = false;
      state.last_run = report->started;
      state.overruns = entry.schedule.overruns();
      keep_report(state, report);
      note_journal(state);
      if (report->unsupported) {
        state.supported = false;
        return;
      }
      state.supported = true;
      ++state.runs;
      note_release(*report, state.releases);
      if (report->success) {
        state.last_success = report->started;
        observe(*entry.flow, *report, state.durations);
      } else {
        ++state.failures[static_cast<std::size_t>(report->reason)];
      }
    });
    entry.well = good;
    if (!stopping_) plan(entry);
  } else {
    sweeper_.start(machines_.loop.now(), [this] { drop_retired(); });
  }
  if (stopping_ && running_ == 0 && done_) {
    const auto done = std::exchange(done_, nullptr);
    done();
  }
}

void FlowEngine::note_journal(FlowState& state) const {
  if (machines_.journal == nullptr) return;
  state.residue = machines_.journal->leftovers(state.flow->name).size();
  state.writes_today = machines_.journal->writes_today(state.flow->name);
  board_.set_journal_errors(machines_.journal->write_errors());
}

void FlowEngine::hold_back(Entry& entry, const RunReport& report) {
  const bool refused = std::any_of(report.steps.begin(), report.steps.end(), [](const StepReport& step) {
    return step.section == Section::login && step.result == StepResult::failed &&
           (step.reason == Reason::authentication || step.reason == Reason::throttled);
  });
  if (!refused) {
    const bool logged_in = !report.session_reused && !report.steps.empty() && report.steps.back().section > Section::login;
    if (logged_in) holds_.erase(entry.flow->account);
    return;
  }
  Hold& hold = holds_[entry.flow->account];
  const auto length = std::min<seconds>(kFirstHold * (1 << std::min(hold.refusals, 10)), kLongestHold);
  ++hold.refusals;
  hold.until = machines_.loop.now() + length;
  machines_.log->warn("login refused; no flow of this account logs in for a while",
                      {{"flow", entry.flow->name}, {"seconds", std::to_string(length.count())}});
  if (entry.retired) return;
  board_.change([&](std::vector<FlowState>& flows) { flows[entry.place].held_until = machines_.loop.wall_now() + length; });
}

void FlowEngine::log_change(const Entry& entry, const RunReport& report) const {
  if (report.unsupported) {
    if (entry.well) return;
    return machines_.log->info("flow is not supported here", {{"flow", entry.flow->name}, {"why", report.message}});
  }
  if (!report.success && entry.well.value_or(true))
    machines_.log->warn("flow fails", {{"flow", entry.flow->name},
                                       {"reason", std::string(to_string(report.reason))},
                                       {"what", report.message},
                                       {"run", report.run_id}});
  else if (report.success && !entry.well.value_or(true))
    machines_.log->info("flow succeeds again", {{"flow", entry.flow->name}, {"run", report.run_id}});
}

void FlowEngine::drop_retired() {
  std::erase_if(retired_, [](const std::unique_ptr<Entry>& entry) { return !entry->run; });
}

void FlowEngine::stop(std::function<void()> done) {
  stopping_ = true;
  done_ = std::move(done);
  forget_due();
  for (auto* list : {&entries_, &retired_})
    for (const auto& entry : *list) {
      entry->timer.cancel();
      if (entry->run) entry->run->stop();
    }
  if (running_ > 0) return;
  const auto finished_now = std::exchange(done_, nullptr);
  if (finished_now) finished_now();
}

}  // namespace finwatch::workflow
