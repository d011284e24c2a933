#include "database/targets/lanes.h"

#include <algorithm>
#include <random>
#include <thread>

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

double seconds_of(SteadyTime::duration time) { return std::chrono::duration<double>(time).count(); }
SteadyTime after(nanoseconds time) {
  return std::chrono::steady_clock::now() + std::chrono::duration_cast<SteadyTime::duration>(time);
}

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
  std::minstd_rand random_{std::random_device{}()};
};

// The session of one thread: there, or being tried for ever more seldom.
class KeptSession {
 public:
  KeptSession(TargetState& state, LaneThread thread)
      : state_(state),
        thread_(thread),
        statement_time_(thread == LaneThread::fast ? state.options.timeout : state.options.slow_timeout) {}
  ~KeptSession() {
    if (sql_) close();
  }
  KeptSession(const KeptSession&) = delete;
  KeptSession& operator=(const KeptSession&) = delete;

  /// True when there is one now.
  bool open(SteadyTime deadline);
  bool usable() const { return sql_ && sql_->usable(); }
  /// Gives a reserved slot back once a medium interval, so that it is not held longer than there is need.
  void give_back_reserved() {
    if (sql_ && reserved_ && std::chrono::steady_clock::now() - since_ > state_.options.medium) close();
  }
  /// Gives up the session; why it had to.
  SqlReason close();
  void close_lost() {
    if (sql_ && !sql_->usable()) close();
  }
  /// Lets the collector write its page; publishes it, or says why there is none.
  void read(TargetState::Slot& slot, SteadyTime deadline, std::uint64_t run);
  /// All who are due have read.
  void end_run() {
    if (session_) session_->end_run();
  }

 private:
  TargetState& state_;
  const LaneThread thread_;
  const nanoseconds statement_time_;
  SqlConnected connect(SqlAddress& address, SteadyTime deadline);

  std::unique_ptr<Sql> sql_;
  std::unique_ptr<Session> session_;
  bool reserved_ = false;  // the session is in a slot that the server keeps for emergencies
  SteadyTime since_{};
  Pauses pauses_;
  SqlReason said_ = SqlReason::none;  // logged last
  Secret password_;
};

// The server keeps few reserved slots, often one: it is for the fast lane.
SqlConnected KeptSession::connect(SqlAddress& address, SteadyTime deadline) {
  SqlConnected connected = state_.connect(address, deadline);
  reserved_ = false;
  if (connected.reason != SqlReason::saturated || state_.options.reserved_port == 0 || thread_ != LaneThread::fast)
    return connected;
  address.port = state_.options.reserved_port;
  address.socket.clear();
  if (address.host.empty() || address.host == "localhost") address.host = "127.0.0.1";
  SqlConnected second = state_.connect(address, deadline);
  if (!second.sql) {
    // What stands in the way of the others is what matters; why the second way is closed too goes into the log.
    connected.message += "; and on reserved_port: " + second.message;
    return connected;
  }
  reserved_ = true;
  return second;
}

bool KeptSession::open(SteadyTime deadline) {
  give_back_reserved();
  if (usable()) return true;
  close_lost();
  const SteadyTime now = std::chrono::steady_clock::now();
  const TargetOptions& options = state_.options;
  Result<SqlAddress> address = with_credentials(options);
  if (!address) {
    state_.not_logged_in(thread_, SqlReason::authentication, {});
    state_.env.log->warn("cannot read the password", {{"target", options.name}, {"error", address.error().message}});
    return false;
  }
  // A password that was changed is tried at once.
  if (address->password.reveal() != password_.reveal()) pauses_.forget();
  if (!pauses_.over(now)) return false;
  password_ = address->password;
  address->statement_timeout_ms = static_cast<int>(std::chrono::duration_cast<milliseconds>(statement_time_).count());
  SqlConnected connected = connect(*address, deadline);
  const SteadyTime end = std::chrono::steady_clock::now();
  if (!connected.sql) {
    pauses_.failed(end, connected.reason);
    state_.not_logged_in(thread_, connected.reason, seconds_of(end - now));
    if (std::exchange(said_, connected.reason) != connected.reason)
      state_.env.log->warn("no session", {{"target", options.name},
                                          {"place", options.address.place()},
                                          {"reason", to_string(connected.reason)},
                                          {"error", connected.message}});
    return false;
  }
  pauses_.forget();
  said_ = SqlReason::none;
  sql_ = std::move(connected.sql);
  session_ = std::make_unique<Session>(*sql_, options, state_.env);
  since_ = end;
  forget_the_stack();  // looking up a name and the hands shaken for TLS went deep
  state_.logged_in(thread_, sql_->version_text(), seconds_of(end - now), reserved_);
  return true;
}

SqlReason KeptSession::close() {
  const SqlReason why = sql_->reason();
  session_.reset();
  sql_.reset();
  state_.session_ended(thread_, why);
  return why;
}

void KeptSession::read(TargetState::Slot& slot, SteadyTime deadline, std::uint64_t run) {
  auto written = std::make_shared<MetricSink>();
  DatabasePage page(*written, state_.options.name, to_string(state_.options.address.engine));
  const SteadyTime start = std::chrono::steady_clock::now();
  Status status = Errc::no_data;
  if ((slot.row->engines & bit_of(sql_->engine())) != 0) {
    session_->deadline = deadline;
    try {
      status = slot.reader->read(*session_, page);
    } catch (const std::exception& problem) {
      status = {Errc::internal, problem.what()};
    }
  }
  const double took = seconds_of(std::chrono::steady_clock::now() - start);
  if (!status) return state_.failed(slot, status.error(), took);
  written->settle();  // it is kept until it is read again: minutes, in the slow lane
  state_.publish(slot, std::move(written), took, run);
}

void fast_lane(TargetState& state) {
  KeptSession session(state, LaneThread::fast);
  std::uint64_t run = 0;
  while (const auto wanted = state.next_scrape(run)) {
    run = wanted->run;
    bool up = session.open(wanted->deadline);
    // A session that the server ended between two scrapes is news of the past: once more, with a new one.
    for (int attempt = 0; up && attempt < 2; ++attempt) {
      for (TargetState::Slot* slot : state.slots(LaneThread::fast)) {
        session.read(*slot, wanted->deadline, run);
        if (!session.usable()) break;
      }
      session.end_run();
      if (session.usable()) break;
      up = session.close() == SqlReason::lost && attempt == 0 && session.open(wanted->deadline);
    }
    state.answered(run, up);
  }
}

void timed_lane(TargetState& state) {
  KeptSession session(state, LaneThread::timed);
  const auto& slots = state.slots(LaneThread::timed);
  std::vector<SteadyTime> due(slots.size());
  std::minstd_rand random{std::random_device{}()};
  std::uniform_real_distribution<double> part(0.9, 1.1);
  bool first_round = true;
  SteadyTime next{};
  while (state.rest_until(next)) {
    bool attempted_all = true;
    std::vector<std::size_t> ran;
    const SteadyTime begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < slots.size() && attempted_all && !state.stopping(); ++i) {
      if (begun < due[i]) continue;
      attempted_all = session.open(after(kConnectTime));
      if (!attempted_all) break;
      session.read(*slots[i], after(state.options.slow_timeout), 0);
      ran.push_back(i);
      attempted_all = session.usable();
    }
    session.end_run();
    session.close_lost();
    // One delay for all of them: collectors that run together can share what they read.
    const double stretch = part(random);
    for (const std::size_t i : ran) {
      const nanoseconds interval = slots[i]->row->lane == Lane::medium ? state.options.medium : state.options.slow;
      due[i] = after(std::chrono::duration_cast<nanoseconds>(interval * stretch));
    }
    if (!attempted_all) {
      next = after(seconds{1});  // no session: the pauses say whether to try
      continue;
    }
    next = *std::min_element(due.begin(), due.end());
    if (!std::exchange(first_round, false)) continue;
    // Logging in set up TLS, Kerberos and LDAP in the drivers, and the first round read the most: none of it is needed again.
    forget_the_start();
    state.end_first_round();
  }
}

}  // namespace

void start_lanes(const std::shared_ptr<TargetState>& state) {
  std::thread([state] { fast_lane(*state); }).detach();
  if (!state->slots(LaneThread::timed).empty()) std::thread([state] { timed_lane(*state); }).detach();
}

}  // namespace finwatch::database
