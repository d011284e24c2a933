// The journal in a file of SQLite: the one place that knows the library.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "notifier/store/database.h"
#include "notifier/store/disk.h"

namespace finwatch::notifier {
namespace {

constexpr int kBusyMs = 5000;

// WAL: readers and the writer do not wait for each other. FULL: a commit is on disk before it returns. Memory stays small: about
// 1 MiB of pages, no mapping; a WAL that one large commit blew up is cut again.
constexpr std::string_view kWriterSettings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -1024; PRAGMA mmap_size = 0;"
    "PRAGMA journal_size_limit = 16777216; PRAGMA trusted_schema = OFF;";
constexpr std::string_view kReaderSettings =
    "PRAGMA query_only = ON; PRAGMA cache_size = -1024; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF;";

struct Close {
  void operator()(sqlite3* session) const { sqlite3_close(session); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Session = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

Error error_of(int result, sqlite3* session, const std::string& path) {
  const std::string said = session != nullptr ? sqlite3_errmsg(session) : sqlite3_errstr(result);
  switch (result & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {Errc::config,
              path + ": no sound journal (" + said + "); move it away with its -wal and -shm, and put a backup in its place"};
    case SQLITE_FULL: return {Errc::unavailable, path + ": the disk is full"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {Errc::permission,
              path + ": not to be written (" + said + "); give it and its folder to the user of finwatch-notifier"};
    case SQLITE_CANTOPEN: {
      const int number = session != nullptr ? sqlite3_system_errno(session) : 0;
      if (number == EACCES || number == EPERM)
        return {Errc::permission, path + ": may not be opened; give it and its folder to the user of finwatch-notifier"};
      return {Errc::unavailable, path + ": " + said};
    }
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Errc::timeout, path + ": another program holds it; stop what reads or copies it"};
    case SQLITE_IOERR: return {Errc::unavailable, path + ": the disk does not read or write (" + said + ")"};
    default: return {Errc::internal, path + ": " + said};
  }
}

void copy_cell(sqlite3_stmt* statement, int column, SqlTable& rows) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL: rows.add_null(); return;
    case SQLITE_FLOAT: {  // as text SQLite gives 15 digits, which are too few
      char text[32];
      const auto [end, error] = std::to_chars(text, text + sizeof text, sqlite3_column_double(statement, column));
      rows.add_cell({text, static_cast<std::size_t>(end - text)});
      return;
    }
    default: {
      const void* text = sqlite3_column_blob(statement, column);  // a number as its digits, a text as its bytes
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
      rows.add_cell({static_cast<const char*>(text), size});
    }
  }
}

class Sqlite final : public Database {
 public:
  Sqlite(std::string path, std::optional<FileLock> lock, Session session)
      : path_(std::move(path)), lock_(std::move(lock)), session_(std::move(session)) {}

  Dialect dialect() const override { return Dialect::sqlite; }

  Status query(const std::string& statement, SqlTable& rows) override { return run(statement, &rows); }
  Status execute(const std::string& statements) override { return run(statements, nullptr); }

  Status begin(Access access) override { return execute(access == Access::read ? "BEGIN;" : "BEGIN IMMEDIATE;"); }
  Status commit() override { return execute("COMMIT;"); }
  void rollback() override {
    // A full disk ends the transaction by itself.
    if (sqlite3_get_autocommit(session_.get()) == 0) sqlite3_exec(session_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Status write(const std::string& statements) override {
    Status status = begin(Access::write);
    if (status) status = execute(statements);
    if (status) status = commit();
    if (!status) rollback();
    return status;
  }

  Result<std::int64_t> bytes() override {
    std::int64_t sum = 0;
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::error_code problem;
      const auto size = std::filesystem::file_size(path_ + suffix, problem);
      if (!problem) sum += static_cast<std::int64_t>(size);
    }
    return sum;
  }

 private:
  // One statement after another; the rows of the last one are kept.
  Status run(const std::string& text, SqlTable* rows) {
    for (const char* rest = text.c_str(); *rest != '\0';) {
      sqlite3_stmt* prepared = nullptr;
      int result = sqlite3_prepare_v2(session_.get(), rest, -1, &prepared, &rest);
      const Statement statement(prepared);
      if (result == SQLITE_OK && prepared == nullptr) continue;  // blanks
      if (result == SQLITE_OK) result = step(prepared, rows);
      if (result != SQLITE_DONE) {
        if (rows != nullptr) rows->clear();
        return error_of(result, session_.get(), path_);
      }
    }
    return ok();
  }

  static int step(sqlite3_stmt* statement, SqlTable* rows) {
    const int columns = sqlite3_column_count(statement);
    if (rows != nullptr) {
      rows->clear();
      for (int column = 0; column < columns; ++column) rows->add_column(sqlite3_column_name(statement, column));
    }
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
      for (int column = 0; rows != nullptr && column < columns; ++column) copy_cell(statement, column, *rows);
    return result;
  }

  const std::string path_;
  const std::optional<FileLock> lock_;  // outlives the session
  const Session session_;
};

// With the mode of its own from the first byte; SQLite gives -wal and -shm the same. An existing one is not opened here: closing
// it again would end the locks that other sessions of this process have on it.
Status make_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file) return sync_folder(folder_of(path));
  if (errno != EEXIST) return error_from_errno(errno, "cannot make " + path);
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && (about.st_mode & 077) != 0 && ::chmod(path.c_str(), 0600) != 0)
    return {Errc::permission, path + " belongs to another user; give it and its folder to the user of finwatch-notifier"};
  return ok();
}

Result<Session> open_session(const std::string& path, Access access) {
  sqlite3* opened = nullptr;
  const int how = access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int result = sqlite3_open_v2(path.c_str(), &opened, how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Session session(opened);  // also after an error
  if (result != SQLITE_OK) return error_of(result, opened, path);
  sqlite3_busy_timeout(opened, kBusyMs);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);  // "text" is a name, never a value
  return session;
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options) {
  std::optional<FileLock> lock;
  if (options.access == Access::write) {
    if (Status made = make_private_folder(folder_of(options.path)); !made) return made.error();
    Result<FileLock> taken = FileLock::take(lock_path(options.path), options.instance);
    if (!taken && taken.error().code == Errc::unavailable)
      return {Errc::config, taken.error().message + "; stop that one, or give each a file of its own (store.sqlite)"};
    if (!taken) return taken.error();
    lock.emplace(std::move(*taken));
    if (Status made = make_file(options.path); !made) return made.error();
  } else {
    struct stat about {};
    if (::stat(options.path.c_str(), &about) != 0) return error_from_errno(errno, options.path);
  }
  Result<Session> session = open_session(options.path, options.access);
  if (!session) return session.error();
  auto database = std::make_unique<Sqlite>(options.path, std::move(lock), std::move(*session));
  const bool reads = options.access == Access::read;
  if (Status set = database->execute(std::string(reads ? kReaderSettings : kWriterSettings)); !set) return set.error();
  SqlTable mode;
  if (Status asked = database->query("PRAGMA journal_mode", mode); !asked) return asked.error();
  if (!reads && mode.text(0, 0) != "wal")
    return {Errc::config,
            options.path + ": its file system cannot share memory (NFS?); the journal needs a local disk, or PostgreSQL"};
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace finwatch::notifier
