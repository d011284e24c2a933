#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <mysql_connection.h>
#include <mysql_driver.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>

#include "core/text.h"
#include "sql/socket.h"
#include "sql/sql.h"
#include "sql/watchdog.h"

namespace finwatch {
namespace {

// Error numbers of the protocol, of the server and of the client library.
enum : int {
  kTooManyConnections = 1040,
  kAccessDeniedToSchema = 1044,
  kAccessDenied = 1045,
  kUnknownDatabase = 1049,
  kServerShutdown = 1053,
  kHostNotAllowed = 1130,
  kTableDenied = 1142,
  kColumnDenied = 1143,
  kTooManyOfUser = 1203,
  kLockWaitTimeout = 1205,
  kDeadlock = 1213,
  kUserLimit = 1226,
  kPrivilegeMissing = 1227,
  kAuthenticationPlugin = 1251,
  kQueryInterrupted = 1317,
  kStatementTimeMariadb = 1969,
  kKilledConnection = 1927,
  kAccessDeniedNoPassword = 1698,
  kStatementTimeMysql = 3024,
  kLockNoWait = 3572,
  kCannotConnectLocally = 2002,
  kCannotConnect = 2003,
  kUnknownHost = 2005,
  kServerGone = 2006,
  kServerLost = 2013,
  kTlsFailed = 2026,
  kPluginNotLoaded = 2059,
};

SqlReason reason_of(int code) {
  switch (code) {
    case kTooManyConnections:
    case kTooManyOfUser:
    case kUserLimit: return SqlReason::saturated;
    case kAccessDenied:
    case kAccessDeniedNoPassword:
    case kHostNotAllowed:
    case kAuthenticationPlugin:
    case kPluginNotLoaded: return SqlReason::authentication;
    case kAccessDeniedToSchema: return SqlReason::permission;
    case kCannotConnectLocally:
    case kCannotConnect:
    case kUnknownHost:
    case kServerShutdown: return SqlReason::refused;
    case kTlsFailed: return SqlReason::tls;
    case kServerGone:
    case kServerLost:
    case kKilledConnection: return SqlReason::lost;
    default: return SqlReason::error;
  }
}

bool is_lost(int code) {
  return code == kServerGone || code == kServerLost || code == kTlsFailed || code == kKilledConnection ||
         code == kServerShutdown;
}

Errc code_of(int code) {
  switch (code) {
    case kLockWaitTimeout:
    case kLockNoWait:
    case kQueryInterrupted:
    case kStatementTimeMariadb:
    case kStatementTimeMysql: return Errc::timeout;
    case kAccessDeniedToSchema:
    case kAccessDenied:
    case kTableDenied:
    case kColumnDenied:
    case kPrivilegeMissing: return Errc::permission;
    default: return Errc::malformed;
  }
}

std::string explained(const sql::SQLException& error) {
  std::string text = std::to_string(error.getErrorCode()) + ": " + error.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

int seconds_left(SteadyTime deadline) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 1, 3600));
}

int port_of(const SqlAddress& address) { return address.port != 0 ? address.port : 3306; }

// One session at a time is opened to one place: a new socket to that place is then the one that was just opened.
class Turn {
 public:
  explicit Turn(std::string place) : place_(std::move(place)) {
    std::unique_lock lock(shared().mutex);
    shared().free.wait(lock, [&] { return shared().busy.insert(place_).second; });
  }
  ~Turn() {
    const std::lock_guard lock(shared().mutex);
    shared().busy.erase(place_);
    shared().free.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable free;
    std::set<std::string> busy;
  };
  static Shared& shared() {
    static Shared& one = *new Shared;
    return one;
  }
  std::string place_;
};

class Mysql final : public Sql {
 public:
  Mysql(std::unique_ptr<sql::Connection> connection, std::vector<int> candidates) : connection_(std::move(connection)) {
    statement_.reset(connection_->createStatement());
    if (candidates.size() == 1) socket_ = SocketHandle(candidates[0]);
    candidates_ = std::move(candidates);
  }

  /// Sets the guards, finds out who the server is. `error` as an SQLException of the driver's.
  void introduce(const SqlAddress& address, SteadyTime deadline) {
    SqlTable rows;
    ask("SELECT VERSION(), CONNECTION_ID()", deadline, rows);
    version_text_ = rows.text(0, 0);
    engine_ = version_text_.find("MariaDB") != std::string::npos ? Engine::mariadb : Engine::mysql;
    int parts[3] = {};
    FieldReader words(std::string_view(version_text_).substr(0, version_text_.find('-')), '.');
    for (int& part : parts) part = to_number<int>(words.next()).value_or(0);
    version_ = parts[0] * 10000 + parts[1] * 100 + parts[2];
    if (candidates_.size() > 1) choose_socket(deadline);
    const std::string lock = std::to_string(std::max(1, (address.lock_timeout_ms + 999) / 1000));
    std::string guards = "SET SESSION lock_wait_timeout=" + lock + ", innodb_lock_wait_timeout=" + lock;
    if (address.statement_timeout_ms > 0) guards += ", " + limit(address.statement_timeout_ms);
    run(guards, deadline);
    run("SET SESSION TRANSACTION READ ONLY", deadline);
  }
  bool is_encrypted(SteadyTime deadline) {
    SqlTable rows;
    ask("SHOW SESSION STATUS LIKE 'Ssl_cipher'", deadline, rows);
    return rows.rows() == 1 && !rows.text(0, 1).empty();
  }

  Status query(std::string_view statement, SteadyTime deadline, SqlTable& rows) override {
    rows.clear();
    Status status = guarded(deadline, [&] { fetch(statement, rows); });
    if (!status) rows.clear();
    return status;
  }
  Status limit_statements(std::chrono::milliseconds time, SteadyTime deadline) override {
    return guarded(deadline, [&] { statement_->execute("SET SESSION " + limit(time.count())); });
  }
  bool blocked() const override { return blocked_; }
  bool usable() const override { return reason_ == SqlReason::none; }
  SqlReason reason() const override { return reason_; }
  Engine engine() const override { return engine_; }
  int version() const override { return version_; }
  std::string_view version_text() const override { return version_text_; }

 private:
  /// What the driver throws, as a status.
  template <class Work>
  Status guarded(SteadyTime deadline, Work work) {
    blocked_ = false;
    if (!usable()) return {Errc::unavailable, "the session is lost"};
    const SocketWatchdog::Watch watch(socket_.number(), deadline);
    try {
      work();
      return ok();
    } catch (const sql::SQLException& error) {
      const int code = error.getErrorCode();
      blocked_ = code == kLockWaitTimeout || code == kLockNoWait || code == kDeadlock;
      if (watch.bit() || (is_lost(code) && std::chrono::steady_clock::now() >= deadline))
        return lose(SqlReason::timeout, Errc::timeout, "no answer inside the deadline");
      if (is_lost(code)) return lose(reason_of(code), Errc::unavailable, explained(error));
      return {code_of(code), explained(error)};
    } catch (const std::exception& error) {
      return lose(SqlReason::error, Errc::internal, error.what());
    }
  }
  std::string limit(long long milliseconds) const {
    const std::string number = std::to_string(milliseconds);
    return engine_ == Engine::mariadb ? "max_statement_time=" + number + "/1000" : "max_execution_time=" + number;
  }
  void ask(std::string_view statement, SteadyTime deadline, SqlTable& rows) {
    const SocketWatchdog::Watch watch(socket_.number(), deadline);
    rows.clear();
    fetch(statement, rows);
  }
  void run(const std::string& statement, SteadyTime deadline) {
    const SocketWatchdog::Watch watch(socket_.number(), deadline);
    statement_->execute(statement);
  }
  void fetch(std::string_view statement, SqlTable& rows) {
    const std::unique_ptr<sql::ResultSet> result(statement_->executeQuery(std::string(statement)));
    sql::ResultSetMetaData* meta = result->getMetaData();
    const unsigned columns = meta->getColumnCount();
    for (unsigned column = 1; column <= columns; ++column) rows.add_column(meta->getColumnLabel(column).asStdString());
    while (result->next())
      for (unsigned column = 1; column <= columns; ++column) {
        const sql::SQLString value = result->getString(column);
        if (result->wasNull())
          rows.add_null();
        else
          rows.add_cell(value.asStdString());
      }
  }
  // Several sockets are new, because another target was connected to at the same time: the server knows our port.
  void choose_socket(SteadyTime deadline) {
    SqlTable rows;
    ask("SELECT HOST FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()", deadline, rows);
    const std::string_view host = rows.rows() == 1 ? rows.text(0, 0) : std::string_view{};
    const int port = to_number<int>(host.substr(host.rfind(':') + 1)).value_or(-1);
    for (const int candidate : candidates_)
      if (local_port(candidate) == port) socket_ = SocketHandle(candidate);
  }
  Status lose(SqlReason reason, Errc code, std::string message) {
    reason_ = reason;
    return {code, std::move(message)};
  }

  SocketHandle socket_;
  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<sql::Statement> statement_;
  std::vector<int> candidates_;
  SqlReason reason_ = SqlReason::none;
  bool blocked_ = false;
  Engine engine_ = Engine::mysql;
  int version_ = 0;
  std::string version_text_;
};

sql::ConnectOptionsMap options_for(const SqlAddress& address, SteadyTime deadline, bool encrypt) {
  sql::ConnectOptionsMap options;
  if (!address.socket.empty()) {
    options["hostName"] = sql::SQLString("unix://" + address.socket);
  } else {
    const bool six = address.host.find(':') != std::string::npos;
    // With tcp:// before it, "localhost" is not the socket file.
    const std::string host = six ? "[" + address.host + "]" : address.host;
    options["hostName"] = sql::SQLString("tcp://" + host + ":" + std::to_string(port_of(address)));
  }
  options["userName"] = sql::SQLString(address.user);
  options["password"] = sql::SQLString(std::string(address.password.reveal()));
  if (!address.database.empty()) options["schema"] = sql::SQLString(address.database);
  options["OPT_CONNECT_TIMEOUT"] = seconds_left(deadline);
  // A read is bounded too, should the socket not be found; the longest statement that is allowed must fit.
  options["OPT_READ_TIMEOUT"] = std::max(seconds_left(deadline), address.statement_timeout_ms / 1000 + 2);
  options["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
  if (!encrypt) return options;
  options["sslEnforce"] = true;
  if (address.tls >= SqlTls::verify_ca && !address.tls_ca.empty()) options["sslCA"] = sql::SQLString(address.tls_ca);
  if (address.tls == SqlTls::verify_full) options["sslVerify"] = true;
  if (!address.tls_certificate.empty()) options["sslCert"] = sql::SQLString(address.tls_certificate);
  if (!address.tls_key.empty()) options["sslKey"] = sql::SQLString(address.tls_key);
  return options;
}

// Made by one thread, once: the connector sets up its library then, and neither guards against two that do so together.
sql::mysql::MySQL_Driver& driver() {
  static sql::mysql::MySQL_Driver* const one = sql::mysql::get_mysql_driver_instance();
  return *one;
}

SqlConnected open(const SqlAddress& address, SteadyTime deadline, bool encrypt) {
  const Turn turn(address.place());
  try {
    const std::vector<int> before = sockets_to(port_of(address), address.socket);
    sql::ConnectOptionsMap options = options_for(address, deadline, encrypt);
    std::unique_ptr<sql::Connection> connection(driver().connect(options));
    std::vector<int> found = sockets_to(port_of(address), address.socket);
    std::erase_if(found, [&](int number) { return std::find(before.begin(), before.end(), number) != before.end(); });
    auto sql = std::make_unique<Mysql>(std::move(connection), std::move(found));
    sql->introduce(address, deadline);
    const int oldest = sql->engine() == Engine::mariadb ? 100300 : 50700;
    if (sql->version() < oldest)
      return {nullptr, SqlReason::version, "server version " + std::string(sql->version_text()) + " is too old"};
    if (encrypt && !sql->is_encrypted(deadline)) return {nullptr, SqlReason::tls, "the session is not encrypted, and must be"};
    return {std::move(sql), SqlReason::none, {}};
  } catch (const sql::SQLException& error) {
    const int code = error.getErrorCode();
    const bool late =
        std::chrono::steady_clock::now() >= deadline || std::string_view(error.what()).find("(110") != std::string_view::npos;
    const SqlReason reason = late && (is_lost(code) || code == kCannotConnect || code == kCannotConnectLocally)
                                 ? SqlReason::timeout
                                 : reason_of(code);
    std::string message = explained(error);
    if (code == kAccessDenied)
      message += " (an anonymous account ''@'localhost' may have taken precedence: SELECT User, Host FROM mysql.user)";
    return {nullptr, reason, std::move(message)};
  } catch (const std::exception& error) {
    return {nullptr, SqlReason::error, error.what()};
  }
}

bool stays_on_this_machine(const SqlAddress& address) {
  return !address.socket.empty() || address.host == "localhost" || address.host == "::1" || address.host.starts_with("127.");
}

}  // namespace

SqlConnected connect_mysql(const SqlAddress& address, SteadyTime deadline) {
  if (address.tls == SqlTls::off) return open(address, deadline, false);
  if (address.tls != SqlTls::prefer) return open(address, deadline, true);
  if (stays_on_this_machine(address)) return open(address, deadline, false);
  SqlConnected encrypted = open(address, deadline, true);
  return encrypted.reason == SqlReason::tls ? open(address, deadline, false) : std::move(encrypted);
}

}  // namespace finwatch
