// What several collectors of MySQL and MariaDB look at in each run of a lane, and the server is asked for once.
//
//   const Result<NamedValues> status = mysql_status(session);
//   if (!status) return status.error();
//   if (const auto slow = status->value("Slow_queries")) page.family(kSlow).add(*slow);
//
// The texts belong to the session, until the lane's next run.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "database/collector.h"

namespace finwatch::database {

/// Rows of a name and a value.
class NamedValues {
 public:
  explicit NamedValues(const SqlTable& rows) : rows_(&rows) {}
  /// Nothing when there is no such name, or no number behind it.
  std::optional<double> value(std::string_view name) const;

 private:
  const SqlTable* rows_;
};

inline constexpr std::string_view kMysqlWholeStatus = "SHOW GLOBAL STATUS";

/// SHOW GLOBAL STATUS: Threads_connected, Max_used_connections, Connection_errors_max_connections, Slow_queries, Innodb_deadlocks,
/// and no more than these where nobody shows all of it, which costs the server five times as much.
Result<NamedValues> mysql_status(Session& session);

/// INNODB_METRICS: trx_rseg_history_len and lock_timeouts, on MySQL lock_deadlocks too, as far as they are switched on. MariaDB is
/// asked once a medium interval: it makes a table of all 200 for each answer.
Result<NamedValues> mysql_innodb_metrics(Session& session);

struct MysqlSession {
  std::string_view user, database, command, state;
  std::optional<double> seconds;              // since its command began, or since it is idle
  std::optional<double> transaction_seconds;  // when it has a transaction open
  bool is_client = true;                      // not one of the server's own, nor of a replica
  bool is_own = false;                        // this one

  bool is_idle_in_transaction() const { return command == "Sleep" && transaction_seconds.has_value(); }
};

struct MysqlSessions {
  std::vector<MysqlSession> all;
  std::size_t waiting_transactions = 0;  // for a row
  double limit = 0;                      // max_connections
};

/// SHOW PROCESSLIST with INNODB_TRX, put together here: the server makes a table on its disk of each PROCESSLIST in a FROM.
Result<MysqlSessions> mysql_sessions(Session& session);

}  // namespace finwatch::database
