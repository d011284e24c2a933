// The journal on a server of PostgreSQL that two notifiers share.
#include <algorithm>
#include <utility>

#include "core/text.h"
#include "notifier/store/database.h"
#include "notifier/store/sql_text.h"

namespace finwatch::notifier {
namespace {

using std::chrono::milliseconds;

// The server ends a statement before we end the session.
constexpr milliseconds kConnecting{3'000}, kAnswer{10'000}, kStatement{9'000}, kLock{5'000};

Errc code_of(SqlReason reason) {
  switch (reason) {
    case SqlReason::authentication:
    case SqlReason::permission: return Errc::permission;
    case SqlReason::tls:
    case SqlReason::version: return Errc::config;
    default: return Errc::unavailable;
  }
}

std::string_view next_step(SqlReason reason) {
  switch (reason) {
    case SqlReason::refused: return "; is it started, and is store.postgresql host and port right?";
    case SqlReason::authentication: return "; check user and password_file of store.postgresql, and pg_hba.conf";
    case SqlReason::saturated: return "; raise max_connections, or close what holds its sessions";
    default: return "";
  }
}

SqlAddress with_guards(SqlAddress address) {
  if (address.application_name == SqlAddress{}.application_name) address.application_name = "finwatch-notifier";
  address.statement_timeout_ms = static_cast<int>(kStatement.count());
  address.lock_timeout_ms = static_cast<int>(kLock.count());
  return address;
}

// A name in double quotes.
std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out += '"';
}

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(const PostgresOptions& options)
      : address_(with_guards(options.address)), schema_(options.schema), access_(options.access) {}

  Dialect dialect() const override { return Dialect::postgresql; }

  /// A session with its settings; the one that is there when it lives.
  Status connect() {
    if (sql_ && sql_->usable()) return ok();
    sql_.reset();
    SqlConnected connected = connect_postgres(address_, std::chrono::steady_clock::now() + kConnecting);
    if (!connected.sql)
      return {code_of(connected.reason), place() + connected.message + std::string(next_step(connected.reason))};
    sql_ = std::move(connected.sql);
    // Whoever commits to us is told "accepted": never before it is on disk, whatever the server's own habit.
    std::string settings =
        "SET standard_conforming_strings = on; SET extra_float_digits = 3; SET search_path = " + quoted(schema_);
    if (access_ == Access::write)
      settings +=
          "; SET synchronous_commit = on; SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ "
          "WRITE";
    SqlTable nothing;
    return say(settings, nothing);
  }

  Status query(const std::string& statement, SqlTable& rows) override {
    if (inside_) return say(statement, rows);
    if (Status status = connect(); !status) return status;
    Status status = say(statement, rows);
    if (status || sql_->usable() || status.error().code == Errc::timeout) return status;
    if (Status again = connect(); !again) return again;  // the server restarted, or a firewall forgot us
    return say(statement, rows);
  }

  Status execute(const std::string& statements) override {
    SqlTable nothing;
    return query(statements, nothing);
  }

  Status begin(Access access) override {
    const Status status = execute(access == Access::read ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN");
    inside_ = static_cast<bool>(status);
    return status;
  }
  Status commit() override {
    inside_ = false;
    SqlTable nothing;
    return say("COMMIT", nothing);
  }
  void rollback() override {
    inside_ = false;
    SqlTable nothing;
    if (sql_ && sql_->usable()) static_cast<void>(static_cast<bool>(say("ROLLBACK", nothing)));
  }

  // One text, one way there and back. The server stops at the first statement that fails, and nothing is left of those before it.
  Status write(const std::string& statements) override {
    in_doubt_ = false;
    if (Status status = connect(); !status) return status;
    SqlTable nothing;
    const Status status = say("BEGIN;\n" + statements + "COMMIT", nothing);
    if (status) return status;
    in_doubt_ = !sql_->usable();
    rollback();
    return status;
  }
  bool in_doubt() const override { return in_doubt_; }

  Result<std::int64_t> bytes() override {
    SqlTable rows;
    const Status status = query(
        "SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = " +
            sql_text(schema_),
        rows);
    if (!status) return status.error();
    return to_number<std::int64_t>(rows.text(0, 0)).value_or(0);
  }

  /// Where the tables go, when it is not there and we may write.
  Status make_schema() {
    SqlTable rows;
    if (Status status = query("SELECT 1 FROM pg_namespace WHERE nspname = " + sql_text(schema_), rows); !status) return status;
    if (rows.rows() > 0 || access_ == Access::read) return ok();
    const Status made = execute("CREATE SCHEMA IF NOT EXISTS " + quoted(schema_));
    if (made || made.error().code != Errc::permission) return made;
    return {Errc::permission, made.error().message + "; let an administrator say in the database " + address_.database +
                                  ": CREATE SCHEMA " + schema_ + " AUTHORIZATION " + quoted(address_.user)};
  }

 private:
  std::string place() const { return "PostgreSQL at " + address_.place() + ": "; }

  Status say(const std::string& text, SqlTable& rows) {
    if (!sql_) return {Errc::unavailable, place() + "the session is lost"};
    const Status status = sql_->query(text, std::chrono::steady_clock::now() + kAnswer, rows);
    if (status) return status;
    return {status.error().code, place() + status.error().message};
  }

  const SqlAddress address_;
  const std::string schema_;
  const Access access_;
  std::unique_ptr<Sql> sql_;
  bool inside_ = false;  // a transaction
  bool in_doubt_ = false;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options) {
  if (options.address.engine != Engine::postgresql)
    return {Errc::config,
            "store.postgresql: the journal is kept by PostgreSQL, not by " + std::string(to_string(options.address.engine))};
  auto database = std::make_unique<PostgresDatabase>(options);
  if (Status status = database->connect(); !status) return status.error();
  if (Status status = database->make_schema(); !status) return status.error();
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace finwatch::notifier
