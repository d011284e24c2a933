// A database session behind one interface: PostgreSQL through libpqxx, MySQL and MariaDB through mysql-connector-c++.
//
//   SqlConnected connected = connect_sql(address, deadline);
//   if (!connected.sql) return explain(connected.reason, connected.message);
//   SqlTable rows;
//   if (Status status = connected.sql->query("SELECT datname, numbackends FROM pg_stat_database", deadline, rows); !status)
//     return status.error();
//   for (std::size_t row = 0; row < rows.rows(); ++row) use(rows.text(row, 0), rows.number(row, 1));
//
// A statement ends at its deadline whatever the server does: a watchdog shuts the socket down, and the session is then lost
// (usable() is false). Used by one thread at a time. No vendor's type, exception or header comes past this file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/buffer.h"
#include "core/clock.h"
#include "core/result.h"
#include "core/secret.h"

namespace finwatch {

enum class Engine : unsigned char { postgresql, mysql, mariadb };

constexpr std::string_view to_string(Engine engine) {
  return engine == Engine::postgresql ? "postgresql" : engine == Engine::mysql ? "mysql" : "mariadb";
}

/// Why a session could not be had, or was lost: the label `reason` of finwatch_db_down_reason.
enum class SqlReason : unsigned char {
  none,
  refused,         // nobody listens there, or the name does not resolve
  timeout,         // no answer inside the deadline
  authentication,  // user or password is wrong, or pg_hba.conf has no line for us
  saturated,       // no connection slot is left
  tls,             // certificate or protocol
  version,         // a server older than we speak with, or of another kind
  permission,      // logged in, and not allowed to read what every account may read
  lost,            // the server ended the session (restart, kill)
  error,           // anything else; the log says what
};

inline constexpr SqlReason kSqlReasons[] = {SqlReason::refused,    SqlReason::timeout, SqlReason::authentication,
                                            SqlReason::saturated,  SqlReason::tls,     SqlReason::version,
                                            SqlReason::permission, SqlReason::lost,    SqlReason::error};

std::string_view to_string(SqlReason reason);

/// What of the way to the server is encrypted, and what is checked: `require` encrypts and checks nothing, `verify_ca` checks
/// the certificate, `verify_full` its host name too.
enum class SqlTls : unsigned char { off, prefer, require, verify_ca, verify_full };

/// A server as parts; there is no URL that a log could show.
struct SqlAddress {
  Engine engine = Engine::postgresql;  // mysql and mariadb: which of the two it is, the server says
  std::string host = "localhost";
  int port = 0;        // 0: 5432 or 3306
  std::string socket;  // a folder (PostgreSQL) or a file (MySQL), in place of host and port
  std::string user;
  Secret password;
  std::string database;
  SqlTls tls = SqlTls::prefer;
  std::string tls_ca, tls_certificate, tls_key;  // files, PEM
  std::string application_name = "finwatch";

  // Guards that the session sets for itself, in milliseconds; 0 leaves one out.
  int statement_timeout_ms = 5000;  // statement_timeout, max_execution_time, max_statement_time
  int lock_timeout_ms = 200;        // lock_timeout; rounded up to a second for lock_wait_timeout

  /// "db1:5432", for logs and messages.
  std::string place() const;
};

/// Rows as text, copied out of the driver into one kept buffer. Clear it and use it again: it keeps its memory.
class SqlTable {
 public:
  std::size_t rows() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  std::size_t columns() const { return columns_; }
  std::string_view column_name(std::size_t column) const { return names_[column]; }
  /// Where the column of that name is; nothing when there is none.
  std::optional<std::size_t> column(std::string_view name) const;

  bool is_null(std::size_t row, std::size_t column) const { return cell(row, column).length == kNull; }
  /// Empty for NULL.
  std::string_view text(std::size_t row, std::size_t column) const {
    const Cell& at = cell(row, column);
    return at.length == kNull ? std::string_view{} : text_.view().substr(at.begin, at.length);
  }
  /// Nothing for NULL and for what is no number. "t" and "f", "ON" and "OFF", "YES" and "NO" are 1 and 0.
  std::optional<double> number(std::size_t row, std::size_t column) const;

  // The driver's side, and the tests': names first, then the cells row by row.
  void clear();
  void add_column(std::string_view name) {
    names_.emplace_back(name);
    ++columns_;
  }
  void add_cell(std::string_view text) {
    cells_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(text.size())});
    text_.append(text);
  }
  void add_null() { cells_.push_back({0, kNull}); }

 private:
  static constexpr std::uint32_t kNull = ~std::uint32_t{0};
  struct Cell {
    std::uint32_t begin;
    std::uint32_t length;
  };
  const Cell& cell(std::size_t row, std::size_t column) const { return cells_[row * columns_ + column]; }

  std::vector<std::string> names_;
  std::size_t columns_ = 0;
  std::vector<Cell> cells_;
  Buffer text_;
};

class Sql {
 public:
  virtual ~Sql() = default;

  /// One statement. timeout, permission, malformed (the statement is wrong for this server), unavailable (the session is lost).
  virtual Status query(std::string_view statement, SteadyTime deadline, SqlTable& rows) = 0;
  /// From now on the server ends a statement after that time itself, in place of statement_timeout_ms. As query().
  virtual Status limit_statements(std::chrono::milliseconds, SteadyTime /*deadline*/) { return ok(); }
  /// The last query() failed because somebody else holds a lock.
  virtual bool blocked() const { return false; }
  /// False once the session is lost: throw it away and connect anew.
  virtual bool usable() const = 0;
  /// Why it was lost.
  virtual SqlReason reason() const = 0;
  virtual Engine engine() const = 0;
  /// 150004 for PostgreSQL 15.4; 80036 for MySQL 8.0.36; 101119 for MariaDB 10.11.19.
  virtual int version() const = 0;
  virtual std::string_view version_text() const = 0;
};

struct SqlConnected {
  std::unique_ptr<Sql> sql;  // nullptr when there is none
  SqlReason reason = SqlReason::none;
  std::string message;  // for the log: what the server said, never a secret
};

/// Connects and sets the session's guards. Takes no longer than until `deadline`, rounded up to whole seconds, plus what the
/// look-up of the host's name takes: never call it from a thread that others wait for.
SqlConnected connect_sql(const SqlAddress& address, SteadyTime deadline);

// The one file of each driver.
SqlConnected connect_postgres(const SqlAddress& address, SteadyTime deadline);
SqlConnected connect_mysql(const SqlAddress& address, SteadyTime deadline);

}  // namespace finwatch
