#include "workflow/run/sql_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace finwatch::workflow {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kIdle{1};
constexpr seconds kFirstHold{60};
constexpr minutes kLongestHold{15};
constexpr milliseconds kLimitStep{100};  // so that a step with a fixed time-out sets the server's limit once a session

Reason reason_of(SqlReason reason) {
  switch (reason) {
    case SqlReason::refused:
    case SqlReason::lost: return Reason::connect;
    case SqlReason::timeout: return Reason::timeout;
    case SqlReason::authentication: return Reason::authentication;
    case SqlReason::saturated: return Reason::unavailable;
    case SqlReason::tls: return Reason::tls;
    case SqlReason::permission: return Reason::permission;
    case SqlReason::none:
    case SqlReason::version:
    case SqlReason::error: break;
  }
  return Reason::internal;
}

Reason reason_of(const Sql& sql, Errc code) {
  if (sql.blocked()) return Reason::lock;
  if (code == Errc::timeout) return Reason::timeout;
  if (!sql.usable()) return reason_of(sql.reason());
  if (code == Errc::permission) return Reason::permission;
  if (code == Errc::unavailable) return Reason::unavailable;
  return Reason::internal;
}

void fail(SqlResult& result, Reason reason, std::string text) {
  result.ok = false;
  result.reason = reason;
  result.text = std::move(text);
}

void take_rows(const SqlTable& table, const SqlRequest& request, SqlResult& result) {
  if (table.rows() > request.most_rows)
    return fail(result, Reason::internal,
                "the statement gave " + std::to_string(table.rows()) + " rows, more than " + std::to_string(request.most_rows));
  std::size_t bytes = 0;
  for (std::size_t column = 0; column < table.columns(); ++column) result.rows.columns.emplace_back(table.column_name(column));
  result.rows.cells.resize(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row)
    for (std::size_t column = 0; column < table.columns(); ++column) {
      std::optional<std::string>& cell = result.rows.cells[row].emplace_back();
      if (table.is_null(row, column)) continue;
      cell = table.text(row, column);
      bytes += cell->size();
    }
  result.ok = bytes <= request.most_bytes;
  if (result.ok) return;
  result.rows = {};
  fail(result, Reason::internal, "the rows have more than " + std::to_string(request.most_bytes) + " bytes");
}

}  // namespace

// What a call and the thread that works for it share.
struct SqlCall::Job {
  SqlRequest request;
  SteadyTime deadline;
  SqlCall* call;     // nullptr when nobody waits any more; the loop's thread alone looks at it
  PhaseClock clock;  // guarded by the pool's mutex, as is the next
  std::string_view doing = "waiting for a free session";
};

struct SqlPool::State : std::enable_shared_from_this<SqlPool::State> {
  using Job = SqlCall::Job;

  /// One connection: its queue, its threads, and what is known of its login.
  struct Desk {
    explicit Desk(SqlConnection its_connection) : connection(std::move(its_connection)) {}

    const SqlConnection connection;
    std::deque<std::shared_ptr<Job>> queue;
    std::condition_variable changed;
    int threads = 0, idle = 0;
    bool proven = false;  // the last login went well; until then one thread at a time tries
    SteadyTime held_until{};
    SteadyTime::duration hold{};
    std::string refusal;  // what the server said
  };
  struct Session {
    std::unique_ptr<Sql> sql;
    milliseconds limit{};  // after which the server ends a statement itself
  };

  State(Loop& its_loop, std::vector<SqlConnection> connections, const Env& its_env, Connect its_connect)
      : loop(&its_loop), env(its_env), connect(its_connect) {
    for (SqlConnection& connection : connections) desks.emplace_back(std::move(connection));
  }

  SteadyTime now() const { return env.clock->steady(); }
  Desk* find(std::string_view name) {
    const auto found = std::find_if(desks.begin(), desks.end(), [&](const Desk& desk) { return desk.connection.name == name; });
    return found == desks.end() ? nullptr : &*found;
  }
  bool held(const Desk& desk) const { return now() < desk.held_until; }
  static std::string refused(const Desk& desk) {
    return desk.refusal + " (no login is tried for " + std::to_string(std::chrono::duration_cast<seconds>(desk.hold).count()) +
           " s)";
  }

  bool add(Desk& desk, const std::shared_ptr<Job>& job);
  bool grow(Desk& desk);
  void serve(Desk& desk);
  SqlResult work(Desk& desk, Job& job, Session& session);
  bool open(Desk& desk, Job& job, Session& session, SqlResult& result);
  void note_login(Desk& desk, const SqlConnected& connected);
  void enter(Job& job, Phase phase, std::string_view doing);
  void answer(const std::shared_ptr<Job>& job, SqlResult&& result) const;

  Loop* loop;  // nullptr when the pool has gone; guarded by mutex
  const Env env;
  const Connect connect;
  std::mutex mutex;
  std::deque<Desk> desks;  // the vector of them never changes; what is in them is guarded by mutex
};

// With the mutex held. False when there is no thread to do it.
bool SqlPool::State::add(Desk& desk, const std::shared_ptr<Job>& job) {
  desk.queue.push_back(job);
  if (grow(desk)) return true;
  desk.queue.pop_back();
  return false;
}

// With the mutex held: a thread for what waits, unless one is idle or will be.
bool SqlPool::State::grow(Desk& desk) {
  desk.changed.notify_one();
  if (desk.queue.size() <= static_cast<std::size_t>(desk.idle)) return true;
  if (desk.threads >= (desk.proven ? desk.connection.most_sessions : 1)) return true;
  try {
    std::thread([state = shared_from_this(), &desk] { state->serve(desk); }).detach();
  } catch (const std::system_error&) {
    return desk.threads > 0;
  }
  ++desk.threads;
  return true;
}

void SqlPool::State::serve(Desk& desk) {
  Session session;  // closed after the mutex is given back
  std::shared_ptr<Job> job;
  SqlResult result;
  std::unique_lock lock(mutex);
  while (true) {
    ++desk.idle;
    if (job != nullptr) answer(job, std::move(result));  // who hears of it finds this thread idle
    desk.changed.wait_for(lock, kIdle, [&] { return loop == nullptr || !desk.queue.empty(); });
    --desk.idle;
    if (loop == nullptr || desk.queue.empty()) break;
    job = std::move(desk.queue.front());
    desk.queue.pop_front();
    result = {};
    if (session.sql == nullptr && held(desk)) {
      fail(result, Reason::authentication, refused(desk));
      continue;
    }
    lock.unlock();
    try {
      result = work(desk, *job, session);
    } catch (const std::exception& error) {
      fail(result, Reason::internal, error.what());
    }
    lock.lock();
  }
  --desk.threads;
}

SqlResult SqlPool::State::work(Desk& desk, Job& job, Session& session) {
  SqlResult result;
  result.remote = desk.connection.login.address.place();
  for (bool kept = session.sql != nullptr;; kept = false) {
    if (session.sql == nullptr && !open(desk, job, session, result)) return result;
    enter(job, Phase::processing, "waiting for the rows");
    const auto left = std::chrono::floor<milliseconds>(job.deadline - now()) / kLimitStep * kLimitStep;
    const milliseconds limit = std::clamp(left, kLimitStep, milliseconds{desk.connection.login.address.statement_timeout_ms});
    Status status = ok();
    if (limit != session.limit) status = session.sql->limit_statements(limit, job.deadline);
    session.limit = limit;
    SqlTable table;
    if (status) status = session.sql->query(job.request.statement, job.deadline, table);
    if (status) {
      result.text.clear();
      take_rows(table, job.request, result);
      return result;
    }
    fail(result, reason_of(*session.sql, status.error().code), status.error().message);
    if (session.sql->usable()) return result;
    const bool late = session.sql->reason() == SqlReason::timeout;
    session.sql.reset();
    // A session that the server ended while it rested says nothing about the server; and sessions only read.
    if (!kept || late) return result;
    enter(job, Phase::connect, "connecting");
  }
}

bool SqlPool::State::open(Desk& desk, Job& job, Session& session, SqlResult& result) {
  enter(job, Phase::connect, "connecting");
  Result<SqlAddress> address = with_credentials(desk.connection.login);
  if (!address) {
    fail(result, Reason::internal, address.error().message);
    return false;
  }
  SqlConnected connected = connect(*address, job.deadline);
  note_login(desk, connected);
  if (connected.sql == nullptr) {
    fail(result, reason_of(connected.reason), connected.message);
    return false;
  }
  session.sql = std::move(connected.sql);
  session.limit = milliseconds{address->statement_timeout_ms};
  result.connected = true;
  return true;
}

void SqlPool::State::note_login(Desk& desk, const SqlConnected& connected) {
  std::unique_lock lock(mutex);
  if (connected.sql != nullptr) {
    desk.proven = true;
    desk.hold = {};
    grow(desk);  // others may have waited to see how it goes
    return;
  }
  desk.proven = false;
  if (connected.reason != SqlReason::authentication || held(desk)) return;
  desk.hold = desk.hold == SteadyTime::duration{} ? kFirstHold : std::min<SteadyTime::duration>(desk.hold * 2, kLongestHold);
  desk.held_until = now() + desk.hold;
  desk.refusal = connected.message;
  const std::string message = refused(desk);
  lock.unlock();
  env.log->warn("login refused", {{"connection", desk.connection.name}, {"error", message}});
}

void SqlPool::State::enter(Job& job, Phase phase, std::string_view doing) {
  const std::lock_guard lock(mutex);
  job.clock.enter(phase, now());
  job.doing = doing;
}

// With the mutex held.
void SqlPool::State::answer(const std::shared_ptr<Job>& job, SqlResult&& result) const {
  if (loop == nullptr) return;
  const auto kept = std::make_shared<SqlResult>(std::move(result));
  job->clock.stop(now());
  kept->times = job->clock.times();
  loop->post([job, kept] {
    if (job->call != nullptr) job->call->end(std::move(*kept));
  });
}

SqlPool::SqlPool(Loop& loop, std::vector<SqlConnection> connections, const Env& env, Connect connect)
    : state_(std::make_shared<State>(loop, std::move(connections), env, connect)) {}

SqlPool::~SqlPool() {
  const std::lock_guard lock(state_->mutex);
  state_->loop = nullptr;
  for (State::Desk& desk : state_->desks) desk.changed.notify_all();
}

bool SqlPool::has(std::string_view connection) const { return state_->find(connection) != nullptr; }

std::size_t SqlPool::sessions() const {
  const std::lock_guard lock(state_->mutex);
  std::size_t count = 0;
  for (const State::Desk& desk : state_->desks) count += static_cast<std::size_t>(desk.threads);
  return count;
}

SqlCall::SqlCall(SqlPool& pool) : state_(pool.state_), loop_(*state_->loop), timer_(loop_) {}

SqlCall::~SqlCall() { let_go(); }

void SqlCall::start(SqlRequest request, SteadyTime deadline, Callback callback) {
  callback_ = std::move(callback);
  SqlPool::State::Desk* desk = state_->find(request.connection);
  if (desk == nullptr) return end_soon(Reason::internal, "there is no connection '" + request.connection + "'");
  job_ = std::make_shared<Job>(
      Job{.request = std::move(request), .deadline = deadline, .call = this, .clock = PhaseClock(loop_.now(), Phase::connect)});
  timer_.start(deadline, [this, place = desk->connection.login.address.place()] {
    SqlResult result{.remote = place};
    {
      const std::lock_guard lock(state_->mutex);
      fail(result, Reason::timeout, "the deadline passed while " + std::string(job_->doing));
      PhaseClock clock = job_->clock;
      clock.stop(loop_.now());
      result.times = clock.times();
    }
    end(std::move(result));
  });
  std::unique_lock lock(state_->mutex);
  const bool held = state_->held(*desk);
  const std::string refusal = held ? SqlPool::State::refused(*desk) : "no thread can be started";
  if (!held && state_->add(*desk, job_)) return;
  lock.unlock();
  end_soon(held ? Reason::authentication : Reason::unavailable, refusal);
}

void SqlCall::cancel() {
  if (callback_) end_soon(Reason::internal, "cancelled");
}

// `this` may be gone afterwards.
void SqlCall::end(SqlResult&& result) {
  let_go();
  const Callback tell = std::exchange(callback_, nullptr);
  tell(std::move(result));
}

void SqlCall::end_soon(Reason reason, std::string text) {
  let_go();
  timer_.start(loop_.now(), [this, reason, said = std::move(text)] {
    SqlResult result;
    fail(result, reason, said);
    end(std::move(result));
  });
}

void SqlCall::let_go() {
  timer_.cancel();
  if (job_ == nullptr) return;
  job_->call = nullptr;
  const std::lock_guard lock(state_->mutex);
  if (SqlPool::State::Desk* desk = state_->find(job_->request.connection)) std::erase(desk->queue, job_);
  job_.reset();
}

}  // namespace finwatch::workflow
