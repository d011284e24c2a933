#include <algorithm>
#include <exception>
#include <pqxx/pqxx>

#include "core/text.h"
#include "sql/socket.h"
#include "sql/sql.h"
#include "sql/watchdog.h"

namespace finwatch {
namespace {

constexpr int kOldest = 100000;  // PostgreSQL 10
constexpr int kFirstWithJit = 110000;

bool holds(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return text.find(word) != std::string_view::npos; });
}

// A connection that fails gives text alone, in the server's language: the code that is in the protocol is not handed on.
SqlReason reason_of(std::string_view said) {
  if (holds(said, {"timeout expired"})) return SqlReason::timeout;
  if (holds(said, {"too many clients", "connection slots are reserved", "too many connections", "太多的客户端", "连接位置",
                   "连接限制"}))
    return SqlReason::saturated;
  if (holds(said, {"password authentication failed", "pg_hba.conf", "no password supplied", "not permitted to log in",
                   "authentication failed", "认证失败", "authentication method", "SCRAM"}) ||
      (holds(said, {"role \"", "角色"}) && holds(said, {"does not exist", "不存在"})))
    return SqlReason::authentication;
  if (holds(said, {"SSL", "certificate", "TLS"})) return SqlReason::tls;
  if (holds(said, {"permission denied", "权限不够"})) return SqlReason::permission;
  if (holds(said, {"Connection refused", "could not translate host name", "No such file", "No route to host", "unreachable",
                   "starting up", "shutting down", "recovery mode", "启动", "关闭"}))
    return SqlReason::refused;
  if (holds(said, {"server closed the connection", "Connection reset"})) return SqlReason::lost;
  return SqlReason::error;
}

// The first line, and in one line what libpq spreads over several.
std::string one_line(std::string_view said) {
  std::string line;
  for (const char c : said) {
    if (c == '\n' || c == '\t') {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else {
      line += c;
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

void add(std::string& out, std::string_view key, std::string_view value) {
  out.append(key).append("='");
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += "' ";
}

std::string_view mode_of(SqlTls tls) {
  constexpr std::string_view kModes[] = {"disable", "prefer", "require", "verify-ca", "verify-full"};
  return kModes[static_cast<unsigned char>(tls)];
}

// Never to be shown: it holds the password.
std::string connection_text(const SqlAddress& address, SteadyTime deadline) {
  std::string text;
  add(text, "host", address.socket.empty() ? address.host : address.socket);
  if (address.port != 0) add(text, "port", std::to_string(address.port));
  add(text, "user", address.user);
  if (!address.password.empty()) add(text, "password", address.password.reveal());
  add(text, "dbname", address.database.empty() ? "postgres" : address.database);
  add(text, "sslmode", mode_of(address.tls));
  if (!address.tls_ca.empty()) add(text, "sslrootcert", address.tls_ca);
  if (!address.tls_certificate.empty()) add(text, "sslcert", address.tls_certificate);
  if (!address.tls_key.empty()) add(text, "sslkey", address.tls_key);
  add(text, "application_name", address.application_name);
  add(text, "client_encoding", "UTF8");
  const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - std::chrono::steady_clock::now()).count();
  add(text, "connect_timeout", std::to_string(std::max<long long>(2, left)));  // libpq takes 1 for 2
  add(text, "keepalives_idle", "30");
  add(text, "tcp_user_timeout", "30000");
  std::string guards = "-c default_transaction_read_only=on -c idle_in_transaction_session_timeout=60000";
  if (address.statement_timeout_ms > 0) guards += " -c statement_timeout=" + std::to_string(address.statement_timeout_ms);
  if (address.lock_timeout_ms > 0) guards += " -c lock_timeout=" + std::to_string(address.lock_timeout_ms);
  add(text, "options", guards);
  return text;
}

class Postgres final : public Sql {
 public:
  explicit Postgres(const std::string& text) : connection_(text) {
#if PQXX_VERSION_MAJOR < 7
    // A session that is lost is ours to open anew, with a deadline; version 7 no longer does it behind our back.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
    socket_ = SocketHandle(connection_.sock());
    version_ = connection_.server_version();
  }

  Status introduce(SteadyTime deadline) {
    SqlTable rows;
    if (Status status = query("SHOW server_version", deadline, rows); !status) return status;
    if (rows.rows() == 1) version_text_ = rows.text(0, 0);
    // A plan over a catalogue of thousands of tables looks dear enough to be compiled, which costs more than to run it.
    return version_ < kFirstWithJit ? ok() : query("SET jit = off", deadline, rows);
  }

  Status query(std::string_view statement, SteadyTime deadline, SqlTable& rows) override {
    rows.clear();
    blocked_ = false;
    if (!usable()) return {Errc::unavailable, "the session is lost"};
    const SocketWatchdog::Watch watch(socket_.number(), deadline);
    try {
      pqxx::nontransaction session(connection_);
      copy(session.exec(std::string(statement)), rows);
      return ok();
    } catch (const pqxx::sql_error& error) {
      // The server's own word about this statement; the session lives on unless the server ended it.
      rows.clear();
      const std::string& state = error.sqlstate();
      blocked_ = state == "55P03" || state == "40P01" || dynamic_cast<const pqxx::deadlock_detected*>(&error) != nullptr;
      if (state.starts_with("57P")) return lose(SqlReason::lost, Errc::unavailable, one_line(error.what()));
      if (watch.bit()) return lose(SqlReason::timeout, Errc::timeout, "no answer inside the deadline");
      // libpqxx 6 leaves the state away for errors that have a type of their own.
      if (state.empty() && !connection_.is_open()) return lose(SqlReason::lost, Errc::unavailable, one_line(error.what()));
      const bool refused = dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr;
      return {refused ? Errc::permission : code_of(state), one_line(error.what())};
    } catch (const std::exception& error) {
      rows.clear();
      if (watch.bit()) return lose(SqlReason::timeout, Errc::timeout, "no answer inside the deadline");
      return lose(SqlReason::lost, Errc::unavailable, one_line(error.what()));
    }
  }
  Status limit_statements(std::chrono::milliseconds time, SteadyTime deadline) override {
    SqlTable rows;
    return query("SET statement_timeout = " + std::to_string(time.count()), deadline, rows);
  }
  bool blocked() const override { return blocked_; }
  bool usable() const override { return reason_ == SqlReason::none; }
  SqlReason reason() const override { return reason_; }
  Engine engine() const override { return Engine::postgresql; }
  int version() const override { return version_; }
  std::string_view version_text() const override { return version_text_; }

 private:
  static Errc code_of(std::string_view state) {
    if (state == "57014" || state == "55P03") return Errc::timeout;
    if (state == "42501") return Errc::permission;
    if (state.starts_with("53")) return Errc::unavailable;  // out of a resource
    return Errc::malformed;
  }
  Status lose(SqlReason reason, Errc code, std::string message) {
    reason_ = reason;
    return {code, std::move(message)};
  }
  static void copy(const pqxx::result& from, SqlTable& rows) {
    for (pqxx::row_size_type column = 0; column < from.columns(); ++column) rows.add_column(from.column_name(column));
    for (const auto& row : from)
      for (const auto& field : row)
        if (field.is_null())
          rows.add_null();
        else
          rows.add_cell({field.c_str(), static_cast<std::size_t>(field.size())});
  }

  SocketHandle socket_;
  pqxx::connection connection_;
  SqlReason reason_ = SqlReason::none;
  bool blocked_ = false;
  int version_ = 0;
  std::string version_text_;
};

}  // namespace

SqlConnected connect_postgres(const SqlAddress& address, SteadyTime deadline) {
  try {
    auto sql = std::make_unique<Postgres>(connection_text(address, deadline));
    if (Status status = sql->introduce(deadline); !status) return {nullptr, sql->reason(), status.error().message};
    if (sql->version() < kOldest)
      return {nullptr, SqlReason::version,
              "PostgreSQL " + std::string(sql->version_text()) + " is too old; 12 and later are known to work"};
    return {std::move(sql), SqlReason::none, {}};
  } catch (const std::exception& error) {
    return {nullptr, reason_of(error.what()), one_line(error.what())};
  }
}

}  // namespace finwatch
