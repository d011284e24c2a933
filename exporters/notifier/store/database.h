// The one way to the journal's rows: SQL text in, rows of text out. SQLite and PostgreSQL stand behind it.
//
//   Result<std::unique_ptr<Database>> database = open_sqlite({.path = "/var/lib/finwatch/notifier/journal.db"});
//   SqlTable rows;
//   if (Status status = (*database)->query("SELECT id FROM incidents", rows); !status) return status;
//   if (Status status = (*database)->write("INSERT …; DELETE …;"); !status) …          // nothing of it is there then
//
// Used by one thread at a time. Texts are those that both engines understand; where they differ, dialect() says whose it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.h"
#include "sql/sql.h"

namespace finwatch::notifier {

enum class Dialect : unsigned char { sqlite, postgresql };
enum class Access : unsigned char { read, write };

class Database {
 public:
  virtual ~Database() = default;
  virtual Dialect dialect() const = 0;

  /// One statement. Outside of a transaction it is said once more when the session was lost.
  virtual Status query(const std::string& statement, SqlTable& rows) = 0;
  /// Several statements, each ended by a semicolon; what they answer is left.
  virtual Status execute(const std::string& statements) = 0;

  /// A transaction; of Access::read, one in which everything stands as at its beginning.
  virtual Status begin(Access access) = 0;
  virtual Status commit() = 0;
  virtual void rollback() = 0;
  /// All of it or nothing, and on disk when it returns.
  virtual Status write(const std::string& statements) = 0;
  /// The last write() failed because the session was lost while the server had it: it may be there, or come to be there yet.
  virtual bool in_doubt() const { return false; }

  /// Of all files.
  virtual Result<std::int64_t> bytes() = 0;
};

struct SqliteOptions {
  std::string path;
  std::string instance;  // who we are, for the one who comes second
  Access access = Access::write;
};
/// Makes the file and its folder, readable by us alone, and holds the lock beside it as long as it lives (Access::write).
/// no_data (Access::read): the file is not there; config: another process writes it, or it is no journal; permission; unavailable.
Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);
/// The lock of such a file.
inline std::string lock_path(const std::string& path) { return path + ".lock"; }

inline constexpr std::string_view kSchema = "finwatch_notifier";

struct PostgresOptions {
  SqlAddress address;
  std::string schema{kSchema};
  Access access = Access::write;
};
/// Connects, and connects anew whenever the session was lost. No proxy that shares sessions may stand between (a pool by
/// transaction), because the session holds settings. config, permission or unavailable.
Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options);

}  // namespace finwatch::notifier
