#include "database/targets/mysql_shared.h"

#include <algorithm>

namespace finwatch::database {
namespace {

constexpr std::string_view kStatus = R"(
SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected', 'Max_used_connections', 'Connection_errors_max_connections', 'Slow_queries',
  'Innodb_deadlocks'))";

// The same column under two names.
constexpr std::string_view kMysqlMetrics = R"(
SELECT NAME, `COUNT` FROM information_schema.INNODB_METRICS
 WHERE NAME IN ('trx_rseg_history_len', 'lock_deadlocks', 'lock_timeouts') AND STATUS = 'enabled')";
constexpr std::string_view kMariadbMetrics = R"(
SELECT NAME, `COUNT` FROM information_schema.INNODB_METRICS WHERE NAME IN ('trx_rseg_history_len', 'lock_timeouts') AND ENABLED = 1)";

constexpr std::string_view kSelf = "SELECT connection_id(), @@GLOBAL.max_connections";

// Signed, because MySQL takes a negative difference of unsigned numbers for an error. trx_started is in the time zone of the
// operating system, whatever time_zone says. A transaction without a session is a prepared one that was found again.
constexpr std::string_view kTransactions = R"(
SELECT trx_mysql_thread_id, trx_state = 'LOCK WAIT',
       greatest(CAST(unix_timestamp() AS SIGNED) -
                CAST(unix_timestamp(convert_tz(trx_started, 'SYSTEM', @@session.time_zone)) AS SIGNED), 0)
  FROM information_schema.INNODB_TRX)";

// The columns are the same everywhere, and MariaDB adds one.
constexpr std::string_view kProcesslist = "SHOW PROCESSLIST";
enum Column : std::size_t { kId, kUser, kHost, kDatabase, kCommand, kTime, kState };

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// mysql_global_status reads all of it, unless the target's options leave it out.
bool somebody_shows_all(const TargetOptions& target) {
  return target.established_names && (target.collectors.empty() || std::find(target.collectors.begin(), target.collectors.end(),
                                                                             "mysql_global_status") != target.collectors.end());
}

Result<NamedValues> named(const Result<const SqlTable*>& rows) {
  if (!rows) return rows.error();
  return NamedValues(**rows);
}

}  // namespace

std::optional<double> NamedValues::value(std::string_view name) const {
  for (std::size_t row = 0; row < rows_->rows(); ++row)
    if (rows_->text(row, 0) == name) return rows_->number(row, 1);
  return {};
}

Result<NamedValues> mysql_status(Session& session) {
  return named(session.shared(somebody_shows_all(session.target()) ? kMysqlWholeStatus : kStatus));
}

Result<NamedValues> mysql_innodb_metrics(Session& session) {
  // MySQL tells its deadlocks nowhere else.
  return named(session.is_mariadb() ? session.kept(kMariadbMetrics) : session.shared(kMysqlMetrics));
}

Result<MysqlSessions> mysql_sessions(Session& session) {
  const Result<const SqlTable*> self = session.kept(kSelf);
  if (!self) return self.error();
  const Result<const SqlTable*> processes = session.shared(kProcesslist);
  if (!processes) return processes.error();
  const Result<const SqlTable*> transactions = session.shared(kTransactions);
  if (!transactions) return transactions.error();

  MysqlSessions found;
  std::vector<std::pair<std::optional<double>, std::optional<double>>> ages;  // by session
  for (std::size_t row = 0; row < (*transactions)->rows(); ++row) {
    ages.emplace_back((*transactions)->number(row, 0), (*transactions)->number(row, 2));
    if ((*transactions)->number(row, 1) == 1) ++found.waiting_transactions;
  }
  std::sort(ages.begin(), ages.end());
  const auto own = (*self)->number(0, 0);
  found.limit = (*self)->number(0, 1).value_or(0);
  const SqlTable& rows = **processes;
  found.all.reserve(rows.rows());
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto id = rows.number(row, kId);
    MysqlSession& one = found.all.emplace_back(MysqlSession{.user = rows.text(row, kUser),
                                                            .database = rows.text(row, kDatabase),
                                                            .command = rows.text(row, kCommand),
                                                            .state = rows.text(row, kState),
                                                            .seconds = rows.number(row, kTime),
                                                            .transaction_seconds = {},
                                                            .is_own = id == own});
    one.is_client = !is_one_of(one.command, {"Daemon", "Binlog Dump", "Binlog Dump GTID"}) &&
                    !is_one_of(one.user, {"system user", "event_scheduler"});
    const auto age = std::lower_bound(ages.begin(), ages.end(), std::pair{id, std::optional<double>{}});
    if (id && age != ages.end() && age->first == id) one.transaction_seconds = age->second;
  }
  return found;
}

}  // namespace finwatch::database
