// A database behind connect_sql's face: what it answers is what the test says. One at a time, because a pool takes a plain function.
//
//   FakeDatabase database;
//   database.answer("FROM account_move", {"vouchers"}, {{"3"}});       // to every statement that holds the text, the last one first
//   SqlPool pool(loop, connections, env, &FakeDatabase::connect);
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sql/sql.h"

namespace finwatch::test {

class FakeDatabase {
 public:
  using Cells = std::vector<const char*>;  // nullptr is NULL

  FakeDatabase() { current() = this; }
  ~FakeDatabase() { current() = nullptr; }
  FakeDatabase(const FakeDatabase&) = delete;
  FakeDatabase& operator=(const FakeDatabase&) = delete;

  void answer(std::string part, std::vector<std::string> columns, std::vector<Cells> rows) {
    const std::lock_guard lock(mutex_);
    answers_.push_front({std::move(part), std::move(columns), std::move(rows), {}, false});
  }
  void fail(std::string part, Errc code, bool blocked = false) {
    const std::lock_guard lock(mutex_);
    answers_.push_front({std::move(part), {}, {}, code, blocked});
  }
  void refuse(SqlReason reason) {
    const std::lock_guard lock(mutex_);
    refuses_ = reason;
  }
  /// Statements wait from now on, or go on.
  void freeze(bool frozen) {
    const std::lock_guard lock(mutex_);
    frozen_ = frozen;
    changed_.notify_all();
  }
  /// Ends all sessions.
  void restart() {
    const std::lock_guard lock(mutex_);
    ++generation_;
  }
  int logins() {
    const std::lock_guard lock(mutex_);
    return logins_;
  }
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  std::vector<int> limits() {  // in milliseconds, of the sessions when they began and as they were set later
    const std::lock_guard lock(mutex_);
    return limits_;
  }
  /// Until so many statements wait.
  void wait_for_frozen(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

  static SqlConnected connect(const SqlAddress& address, SteadyTime /*deadline*/) {
    FakeDatabase& database = *current();
    const std::lock_guard lock(database.mutex_);
    ++database.logins_;
    if (database.refuses_ != SqlReason::none) return {nullptr, database.refuses_, "the server said no"};
    database.limits_.push_back(address.statement_timeout_ms);
    return {std::make_unique<Session>(database, address.engine), SqlReason::none, {}};
  }

 private:
  struct Answer {
    std::string part;
    std::vector<std::string> columns;
    std::vector<Cells> rows;
    std::optional<Errc> code;
    bool blocked;
  };

  class Session final : public Sql {
   public:
    Session(FakeDatabase& database, Engine engine) : database_(database), engine_(engine), generation_(database.generation_) {}

    Status query(std::string_view statement, SteadyTime, SqlTable& rows) override {
      std::unique_lock lock(database_.mutex_);
      if (generation_ != database_.generation_) {
        reason_ = SqlReason::lost;
        return {Errc::unavailable, "the server closed the connection"};
      }
      database_.asked_.emplace_back(statement);
      ++database_.waiting_;
      database_.changed_.notify_all();
      database_.changed_.wait(lock, [&] { return !database_.frozen_; });
      --database_.waiting_;
      blocked_ = false;
      for (const Answer& answer : database_.answers_) {
        if (statement.find(answer.part) == std::string_view::npos) continue;
        blocked_ = answer.blocked;
        if (answer.code) return {*answer.code, "the server's words"};
        rows.clear();
        for (const std::string& column : answer.columns) rows.add_column(column);
        for (const Cells& cells : answer.rows)
          for (const char* cell : cells) cell == nullptr ? rows.add_null() : rows.add_cell(cell);
        return ok();
      }
      return {Errc::malformed, "nobody expected this statement"};
    }
    Status limit_statements(std::chrono::milliseconds time, SteadyTime) override {
      const std::lock_guard lock(database_.mutex_);
      database_.limits_.push_back(static_cast<int>(time.count()));
      return ok();
    }
    bool blocked() const override { return blocked_; }
    bool usable() const override { return reason_ == SqlReason::none; }
    SqlReason reason() const override { return reason_; }
    Engine engine() const override { return engine_; }
    int version() const override { return 150004; }
    std::string_view version_text() const override { return "fake"; }

   private:
    FakeDatabase& database_;
    const Engine engine_;
    const int generation_;
    bool blocked_ = false;
    SqlReason reason_ = SqlReason::none;
  };

  static FakeDatabase*& current() {
    static FakeDatabase* one = nullptr;
    return one;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Answer> answers_;
  std::vector<std::string> asked_;
  std::vector<int> limits_;
  SqlReason refuses_ = SqlReason::none;
  bool frozen_ = false;
  int waiting_ = 0;
  int logins_ = 0;
  int generation_ = 0;
};

}  // namespace finwatch::test
