// SQL for a loop of one thread: statements go to a few threads, one a session, and their rows come back to the loop.
//
//   Result<std::vector<SqlConnection>> connections = read_connections(tree.find("connections"), "connections");
//   SqlPool pool(loop, *std::move(connections), env);
//   SqlCall call(pool);
//   call.start({.connection = "ledger", .statement = "SELECT count(*) FROM account_move"}, loop.now() + seconds{5},
//              [](SqlResult&& result) { … });
//
// A call keeps the contract of net/call.h. Sessions only read. A server that hangs costs its own sessions and nobody else's: a
// connection has at most so many threads, made when they are needed and gone after a minute without work. A login that is refused
// is not tried again for a minute, then two, at most a quarter of an hour, so that no account is locked.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment.h"
#include "core/result.h"
#include "sql/sql.h"
#include "workflow/net/call.h"
#include "workflow/net/loop.h"
#include "workflow/run/sql_connection.h"
#include "workflow/value/answer.h"
#include "workflow/value/reason.h"

namespace finwatch::workflow {

struct SqlRequest {
  std::string connection;  // its name
  std::string statement;
  std::size_t most_rows = 10'000;  // more is an error: the statement lacks a LIMIT
  std::size_t most_bytes = std::size_t{4} << 20;
};

struct SqlResult {
  bool ok = false;
  Reason reason = Reason::internal;  // when it is not
  std::string text;                  // then: what the server said, on one line; it may hold parts of the statement
  Rows rows;
  PhaseTimes times;        // connect: waiting for a session and opening it; processing: the statement
  bool connected = false;  // a session was opened for it; false: one was kept, or none was had
  std::string remote;      // "db1:5432"
};

class SqlPool {
 public:
  /// `connect` is connect_sql, or a test's.
  using Connect = SqlConnected (*)(const SqlAddress& address, SteadyTime deadline);

  SqlPool(Loop& loop, std::vector<SqlConnection> connections, const Env& env, Connect connect = &connect_sql);
  /// After all its calls. Leaves behind what hangs: those threads end when their calls return, which their deadlines see to.
  ~SqlPool();
  SqlPool(const SqlPool&) = delete;
  SqlPool& operator=(const SqlPool&) = delete;

  bool has(std::string_view connection) const;
  /// Threads that have a session or open one.
  std::size_t sessions() const;

  struct State;

 private:
  friend class SqlCall;
  std::shared_ptr<State> state_;  // shared with the threads
};

class SqlCall {
 public:
  using Callback = std::function<void(SqlResult&&)>;

  explicit SqlCall(SqlPool& pool);
  ~SqlCall();
  SqlCall(const SqlCall&) = delete;
  SqlCall& operator=(const SqlCall&) = delete;

  void start(SqlRequest request, SteadyTime deadline, Callback callback);
  /// The caller is told at once; the server goes on with a statement that it has begun, at most until the deadline.
  void cancel();

 private:
  friend struct SqlPool::State;
  struct Job;
  void end(SqlResult&& result);
  void end_soon(Reason reason, std::string text);
  void let_go();

  std::shared_ptr<SqlPool::State> state_;
  Loop& loop_;
  Timer timer_;
  std::shared_ptr<Job> job_;
  Callback callback_;
};

}  // namespace finwatch::workflow
