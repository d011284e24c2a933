#include "database/targets/target.h"

#include <algorithm>

#include "footprint.h"

namespace finwatch::database {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kFirstPause = milliseconds{500};
constexpr nanoseconds kLongestPause = seconds{5};
constexpr nanoseconds kLongestPauseOfLogin = seconds{60};  // a wrong password
constexpr nanoseconds kConnectTime = seconds{5};           // of the lanes that nobody waits for
constexpr nanoseconds kWayBack = milliseconds{30};         // from the lane's end to the page

double seconds_of(SteadyTime::duration time) { return std::chrono::duration<double>(time).count(); }

// When to try again after a failure.
class Pauses {
 public:
  bool over(SteadyTime now) const { return now >= next_; }
  void failed(SteadyTime now, SqlReason reason) {
    const nanoseconds most = reason == SqlReason::authentication ? kLongestPauseOfLogin : kLongestPause;
    pause_ = std::min(pause_ == nanoseconds{} ? kFirstPause : pause_ * 2, most);
    // Between half and the whole of it, so that fifty targets do not come back at one moment.
    std::uniform_real_distribution<double> part(0.5, 1.0);
    next_ = now + std::chrono::duration_cast<SteadyTime::duration>(pause_ * part(random_));
  }
  void forget() {
    pause_ = {};
    next_ = {};
  }

 private:
  nanoseconds pause_{};
  SteadyTime next_{};
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace

struct Target::Body {
  // One collector of this target: the reader and the working page belong to its lane's thread, the view to the mutex.
  struct Slot {
    const DatabaseCollector* row = nullptr;
    std::shared_ptr<const Settings> settings;
    std::unique_ptr<Reader> reader;
    SteadyTime due{};
    CollectorView view;
    std::uint64_t run = 0;  // of the fast lane, in which it was last well
    // Two pages in turn: the one that was published may still be read by a scrape.
    std::shared_ptr<Published> spare;
    std::shared_ptr<Published> current;
  };
  struct LaneState {
    std::vector<Slot*> slots;
    std::unique_ptr<Sql> sql;
    std::unique_ptr<Session> session;
    Pauses pauses;
    SqlReason said = SqlReason::none;  // logged last
    Secret password;
  };

  Body(TargetOptions o, const Env& e, Connect c) : options(std::move(o)), env(e), connect(c) {}

  const TargetOptions options;
  const Env env;
  const Connect connect;
  std::vector<std::unique_ptr<Slot>> slots;
  LaneState fast;
  LaneState other;

  mutable std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::uint64_t wanted = 0;    // the number of the newest scrape
  std::uint64_t answered = 0;  // the newest that the fast lane has ended
  std::uint64_t well_run = 0;  // the newest in which the server was up to the end
  SteadyTime fast_deadline{};
  bool first_round_done = false;
  SqlReason reason = SqlReason::timeout;
  double connect_seconds = 0;
  std::uint64_t logins = 0;
  std::uint64_t failures = 0;
  int sessions = 0;
  std::string version;

  void fast_lane();
  void other_lane();
  bool have_session(LaneState& lane, SteadyTime deadline, int statement_timeout_ms);
  void drop_session(LaneState& lane);
  void read(LaneState& lane, Slot& slot, SteadyTime deadline, std::uint64_t run);
  void note_failure(Slot& slot, const Error& error, double took);
  nanoseconds interval(const Slot& slot) const { return slot.row->lane == Lane::medium ? options.medium : options.slow; }
};

Target::Target(TargetOptions options, const std::vector<ChosenCollector>& collectors, const Env& env, Connect connect)
    : body_(std::make_shared<Body>(std::move(options), env, connect)) {
  Body& body = *body_;
  for (const ChosenCollector& chosen : collectors) {
    if ((chosen.row->engines &
         (body.options.address.engine == Engine::postgresql ? unsigned{kPostgresql} : unsigned{kMysqlKin})) == 0)
      continue;
    const auto& only = body.options.collectors;
    if (!only.empty() && std::find(only.begin(), only.end(), chosen.row->info.name) == only.end()) continue;
    auto slot = std::make_unique<Body::Slot>();
    slot->row = chosen.row;
    slot->settings = chosen.settings;
    slot->reader = chosen.row->make(*chosen.settings, body.options);
    slot->view.row = chosen.row;
    (chosen.row->lane == Lane::fast ? body.fast : body.other).slots.push_back(slot.get());
    body.slots.push_back(std::move(slot));
  }
  body.first_round_done = body.other.slots.empty();
}

Target::~Target() {
  const std::lock_guard lock(body_->mutex);
  body_->stopping = true;
  body_->changed.notify_all();
}

const std::string& Target::name() const { return body_->options.name; }
Engine Target::engine() const { return body_->options.address.engine; }
const TargetOptions& Target::options() const { return body_->options; }

std::uint64_t Target::begin(SteadyTime deadline) {
  const SteadyTime own =
      std::chrono::steady_clock::now() + std::chrono::duration_cast<SteadyTime::duration>(body_->options.timeout);
  const std::lock_guard lock(body_->mutex);
  if (body_->wanted == 0) {
    // Not before somebody asks: a configuration that is only checked logs in nowhere. Detached, and the body lives as long as they do: a
    // target that is taken away while its server hangs holds nobody up.
    std::thread([body = body_] { body->fast_lane(); }).detach();
    if (!body_->other.slots.empty()) std::thread([body = body_] { body->other_lane(); }).detach();
  }
  body_->fast_deadline = std::min(deadline, own) - kWayBack;
  body_->changed.notify_all();
  return ++body_->wanted;
}

void Target::wait(std::uint64_t run, SteadyTime deadline) {
  std::unique_lock lock(body_->mutex);
  body_->changed.wait_until(lock, deadline, [&] { return body_->answered >= run; });
}

void Target::wait_for_first_round(SteadyTime deadline) {
  std::unique_lock lock(body_->mutex);
  body_->changed.wait_until(lock, deadline, [&] { return body_->first_round_done; });
}

TargetView Target::view(std::uint64_t run) const {
  const Body& body = *body_;
  const std::lock_guard lock(body.mutex);
  TargetView view{.up = body.well_run >= run,
                  .reason = body.answered >= run ? body.reason : SqlReason::timeout,
                  .connect_seconds = body.connect_seconds,
                  .logins = body.logins,
                  .failures = body.failures,
                  .sessions = body.sessions,
                  .version = body.version,
                  .collectors = {}};
  // Still busy with what it could not do before: the first reason is the better one.
  if (!view.up && body.answered < run && body.reason != SqlReason::none && body.sessions == 0) view.reason = body.reason;
  view.collectors.reserve(body.slots.size());
  for (const auto& slot : body.slots) {
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

TargetView Target::last_view() const {
  std::uint64_t run = 0;
  {
    const std::lock_guard lock(body_->mutex);
    const bool late = body_->wanted > body_->answered && std::chrono::steady_clock::now() > body_->fast_deadline;
    run = late ? body_->wanted : body_->answered;
  }
  TargetView seen = view(run);
  if (run == 0) {  // nobody has asked yet
    seen.up = false;
    seen.reason = SqlReason::none;
  }
  return seen;
}

bool Target::Body::have_session(LaneState& lane, SteadyTime deadline, int statement_timeout_ms) {
  if (lane.sql && lane.sql->usable()) return true;
  if (lane.sql) drop_session(lane);
  const SteadyTime now = std::chrono::steady_clock::now();
  Result<SqlAddress> address = with_credentials(options);
  if (!address) {
    const std::lock_guard lock(mutex);
    if (&lane == &fast) reason = SqlReason::authentication;
    ++failures;
    env.log->warn("cannot read the password", {{"target", options.name}, {"error", address.error().message}});
    return false;
  }
  // A password that was changed is tried at once.
  if (address->password.reveal() != lane.password.reveal()) lane.pauses.forget();
  if (!lane.pauses.over(now)) return false;
  lane.password = address->password;
  address->statement_timeout_ms = statement_timeout_ms;
  SqlConnected connected = connect(*address, deadline);
  const SteadyTime end = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex);
  connect_seconds = seconds_of(end - now);
  if (!connected.sql) {
    lane.pauses.failed(end, connected.reason);
    const bool news = lane.said != connected.reason;
    lane.said = connected.reason;
    if (&lane == &fast) reason = connected.reason;
    ++failures;
    if (news)
      env.log->warn("no session", {{"target", options.name},
                                   {"place", options.address.place()},
                                   {"reason", to_string(connected.reason)},
                                   {"error", connected.message}});
    return false;
  }
  lane.pauses.forget();
  lane.said = SqlReason::none;
  lane.sql = std::move(connected.sql);
  lane.session = std::make_unique<Session>(*lane.sql, options, env);
  ++logins;
  ++sessions;
  version = lane.sql->version_text();
  if (reason != SqlReason::none && &lane == &fast)
    env.log->info("connected", {{"target", options.name}, {"place", options.address.place()}, {"version", version}});
  return true;
}

void Target::Body::drop_session(LaneState& lane) {
  const SqlReason why = lane.sql->reason();
  lane.session.reset();
  lane.sql.reset();
  const std::lock_guard lock(mutex);
  --sessions;
  if (&lane != &fast) return;
  if (why != SqlReason::none && reason != why)
    env.log->warn("session lost", {{"target", options.name}, {"reason", to_string(why)}});
  reason = why;
}

void Target::Body::note_failure(Slot& slot, const Error& error, double took) {
  const std::lock_guard lock(mutex);
  const bool news = !slot.view.attempted || slot.view.success || slot.view.reason != error.code;
  slot.view.attempted = true;
  slot.view.success = false;
  slot.view.supported = error.code != Errc::no_data;
  slot.view.reason = error.code;
  slot.view.duration_seconds = took;
  if (error.code == Errc::no_data) slot.view.published = nullptr;
  if (news && error.code != Errc::no_data && error.code != Errc::unavailable)
    env.log->warn("collector failed", {{"target", options.name},
                                       {"collector", slot.row->info.name},
                                       {"reason", to_string(error.code)},
                                       {"error", error.message}});
}

void Target::Body::read(LaneState& lane, Slot& slot, SteadyTime deadline, std::uint64_t run) {
  if (!slot.spare || slot.spare.use_count() > 1) slot.spare = std::make_shared<Published>();
  slot.spare->sink.clear();
  DatabasePage page(slot.spare->sink, options.name, to_string(options.address.engine));
  const SteadyTime start = std::chrono::steady_clock::now();
  Status status = Errc::no_data;
  if ((slot.row->engines & bit_of(lane.sql->engine())) != 0) {
    lane.session->deadline = deadline;
    try {
      status = slot.reader->read(*lane.session, page);
    } catch (const std::exception& problem) {
      status = {Errc::internal, problem.what()};
    }
  }
  const double took = seconds_of(std::chrono::steady_clock::now() - start);
  if (!status) return note_failure(slot, status.error(), took);
  slot.spare->when = env.clock->wall();
  std::swap(slot.spare, slot.current);
  if (slot.row->lane != Lane::fast) slot.spare.reset();  // rarely needed again: not worth its memory until then
  const std::lock_guard lock(mutex);
  slot.view.published = slot.current;
  slot.view.attempted = slot.view.supported = slot.view.success = true;
  slot.view.duration_seconds = took;
  slot.view.last_success = slot.current->when;
  slot.run = run;
}

void Target::Body::fast_lane() {
  std::uint64_t run = 0;
  while (true) {
    SteadyTime deadline;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return stopping || wanted > run; });
      if (stopping) break;
      run = wanted;
      deadline = fast_deadline;
    }
    const auto budget = std::chrono::duration_cast<milliseconds>(options.timeout).count();
    bool up = have_session(fast, deadline, static_cast<int>(budget));
    // A session that the server ended between two scrapes is news of the past: once more, with a new one.
    for (int attempt = 0; up && attempt < 2; ++attempt) {
      for (Slot* slot : fast.slots) {
        read(fast, *slot, deadline, run);
        if (!fast.sql->usable()) break;
      }
      fast.session->end_run();
      if (fast.sql->usable()) break;
      const bool ended = fast.sql->reason() == SqlReason::lost && attempt == 0;
      drop_session(fast);
      up = ended && have_session(fast, deadline, static_cast<int>(budget));
    }
    const std::lock_guard lock(mutex);
    answered = run;
    if (up && fast.sql) {
      well_run = run;
      reason = SqlReason::none;
    }
    changed.notify_all();
  }
  if (fast.sql) drop_session(fast);
}

void Target::Body::other_lane() {
  const auto budget = static_cast<int>(std::chrono::duration_cast<milliseconds>(options.slow_timeout).count());
  std::minstd_rand random{std::random_device{}()};
  std::uniform_real_distribution<double> part(0.9, 1.1);
  while (true) {
    bool attempted_all = true;
    std::vector<Slot*> ran;
    const SteadyTime begun = std::chrono::steady_clock::now();
    for (Slot* slot : other.slots) {
      if (begun < slot->due) continue;
      const SteadyTime now = std::chrono::steady_clock::now();
      if (!have_session(other, now + kConnectTime, budget)) {
        attempted_all = false;
        break;
      }
      read(other, *slot,
           std::chrono::steady_clock::now() + std::chrono::duration_cast<SteadyTime::duration>(options.slow_timeout), 0);
      ran.push_back(slot);
      if (!other.sql->usable()) {
        drop_session(other);
        attempted_all = false;
        break;
      }
      const std::lock_guard lock(mutex);
      if (stopping) break;
    }
    if (other.session) other.session->end_run();
    // One delay for all of them: collectors that run together can share what they read.
    const double stretch = part(random);
    const SteadyTime ended = std::chrono::steady_clock::now();
    for (Slot* slot : ran) slot->due = ended + std::chrono::duration_cast<SteadyTime::duration>(interval(*slot) * stretch);
    SteadyTime next = std::chrono::steady_clock::now() + seconds{1};  // no session: the pauses say whether to try
    if (attempted_all) {
      next = SteadyTime::max();
      for (const Slot* slot : other.slots) next = std::min(next, slot->due);
    }
    // Logging in set up TLS, Kerberos and LDAP in the drivers, and the first round read the most: none of it is needed again.
    if (attempted_all && !first_round_done) forget_the_start();
    std::unique_lock lock(mutex);
    if (attempted_all && !first_round_done) {
      first_round_done = true;
      changed.notify_all();
    }
    if (changed.wait_until(lock, next, [&] { return stopping; })) break;
  }
  if (other.sql) drop_session(other);
}

}  // namespace finwatch::database
