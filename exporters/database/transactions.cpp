#include <algorithm>

#include "database/targets/mysql_shared.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kOldest{MetricType::gauge, "finwatch_db_transaction_oldest_seconds",
                             "Age of the longest open transaction of a client, in seconds, from pg_stat_activity.xact_start or "
                             "INNODB_TRX.trx_started; 0 when none is open.",
                             "target", "engine"};
constexpr MetricDesc kIdleOldest{
    MetricType::gauge, "finwatch_db_idle_in_transaction_oldest_seconds",
    "How long the client that idles longest in an open transaction has sent nothing, in seconds; 0 "
    "when none does.",
    "target", "engine"};
constexpr MetricDesc kIdle{MetricType::gauge, "finwatch_db_idle_in_transaction_sessions",
                           "Sessions of clients that keep a transaction open and send nothing, from pg_stat_activity or "
                           "PROCESSLIST with INNODB_TRX.",
                           "target", "engine"};
constexpr MetricDesc kPrepared{
    MetricType::gauge, "finwatch_db_prepared_transactions",
    "Transactions prepared for a two-phase commit and not ended, from pg_prepared_xacts or XA RECOVER.", "target", "engine"};
constexpr MetricDesc kPreparedOldest{MetricType::gauge, "finwatch_db_prepared_transaction_oldest_seconds",
                                     "Age of the oldest prepared transaction, in seconds, from pg_prepared_xacts; 0 when there "
                                     "is none.",
                                     "target", "engine"};
constexpr MetricDesc kRunning{MetricType::gauge,
                              "finwatch_db_slow_queries_running",
                              "Statements of clients that run right now and have done so for the time in the label `age` or "
                              "longer, from pg_stat_activity "
                              "or PROCESSLIST.",
                              "target",
                              "engine",
                              "application",
                              "age"};
constexpr MetricDesc kQueryOldest{
    MetricType::gauge, "finwatch_db_query_oldest_seconds",
    "How long the statement that runs longest has been running, in seconds, from pg_stat_activity "
    "or PROCESSLIST; 0 when none runs.",
    "target", "engine"};
constexpr MetricDesc kHorizon{
    MetricType::gauge,
    "finwatch_db_horizon_age_transactions",
    "Transactions begun since the oldest one that vacuum must keep rows for, by what holds it (session, walsender, prepared, "
    "slot), from pg_stat_activity, pg_prepared_xacts and pg_replication_slots; 0 when nothing does.",
    "target",
    "engine",
    "holder"};
constexpr MetricDesc kUndo{MetricType::gauge, "finwatch_db_undo_history_length",
                           "Undo logs not yet purged, from trx_rseg_history_len in INNODB_METRICS.", "target", "engine"};
constexpr MetricDesc kSlow{MetricType::counter, "finwatch_db_slow_queries_total",
                           "Statements that took longer than long_query_time, from Slow_queries.", "target", "engine"};
constexpr MetricRef kMetrics[] = {kOldest,  kIdleOldest,  kIdle,    kPrepared, kPreparedOldest,
                                  kRunning, kQueryOldest, kHorizon, kUndo,     kSlow};

constexpr std::string_view kAges[] = {"1s", "5s", "30s", "300s"};
constexpr double kAgeSeconds[] = {1, 5, 30, 300};
constexpr std::size_t kApplications = 20;

// One row an application. clock_timestamp(), because now() is when our own statement began.
enum Column : std::size_t { kName, kSlowFirst, kQuery = kSlowFirst + std::size(kAges), kTransaction, kIdleFor, kIdleCount };

constexpr std::string_view kPostgresSessions = R"(
SELECT application,
       count(*) FILTER (WHERE running >= 1), count(*) FILTER (WHERE running >= 5),
       count(*) FILTER (WHERE running >= 30), count(*) FILTER (WHERE running >= 300),
       coalesce(max(running), 0), greatest(max(open), 0), coalesce(max(idle), 0), count(idle)
  FROM (SELECT coalesce(application_name, '') AS application,
               CASE WHEN state IN ('active', 'fastpath function call')
                    THEN greatest(extract(epoch FROM clock_timestamp() - query_start), 0) END AS running,
               extract(epoch FROM clock_timestamp() - xact_start) AS open,
               CASE WHEN state LIKE 'idle in transaction%'
                    THEN greatest(extract(epoch FROM clock_timestamp() - state_change), 0) END AS idle
          FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS sessions
 GROUP BY 1 ORDER BY 2 DESC, count(*) DESC, 1)";

// Without the role, the rows of others have neither a state nor a start: that is not the same as a quiet server.
constexpr std::string_view kPostgresMaySee = "SELECT pg_has_role('pg_read_all_stats', 'USAGE')";

constexpr std::string_view kPostgresPrepared = R"(
SELECT count(*), coalesce(extract(epoch FROM max(clock_timestamp() - prepared)), 0) FROM pg_prepared_xacts)";

constexpr std::string_view kPostgresHorizon = R"(
SELECT holder, coalesce(max(age), 0)
  FROM (SELECT CASE backend_type WHEN 'walsender' THEN 'walsender' ELSE 'session' END AS holder,
               greatest(age(backend_xmin), age(backend_xid)) AS age FROM pg_stat_activity WHERE pid <> pg_backend_pid()
        UNION ALL SELECT 'prepared', age(transaction) FROM pg_prepared_xacts
        UNION ALL SELECT 'slot', greatest(age(xmin), age(catalog_xmin)) FROM pg_replication_slots
        UNION ALL VALUES ('session', 0), ('walsender', 0), ('prepared', 0), ('slot', 0)) AS held
 GROUP BY 1 ORDER BY 1)";

void add_ages(DatabasePage& page, double query, double transaction, double idle_for, double idle) {
  page.family(kQueryOldest).add(query);
  page.family(kOldest).add(transaction);
  page.family(kIdleOldest).add(idle_for);
  page.family(kIdle).add(idle);
}

void add_sessions(const SqlTable& rows, DatabasePage& page) {
  auto running = page.family(kRunning);
  double others[std::size(kAges)] = {};
  double query = 0;
  double transaction = 0;
  double idle_for = 0;
  double idle = 0;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    for (std::size_t age = 0; age < std::size(kAges); ++age) {
      const double count = rows.number(row, kSlowFirst + age).value_or(0);
      if (row < kApplications)
        running.add(count, rows.text(row, kName), kAges[age]);
      else
        others[age] += count;
    }
    query = std::max(query, rows.number(row, kQuery).value_or(0));
    transaction = std::max(transaction, rows.number(row, kTransaction).value_or(0));
    idle_for = std::max(idle_for, rows.number(row, kIdleFor).value_or(0));
    idle += rows.number(row, kIdleCount).value_or(0);
  }
  if (rows.rows() > kApplications)
    for (std::size_t age = 0; age < std::size(kAges); ++age) running.add(others[age], "other", kAges[age]);
  add_ages(page, query, transaction, idle_for, idle);
}

Status read_postgres(Session& session, DatabasePage& page) {
  if (Status status = session.query(kPostgresMaySee); !status) return status;
  if (session.rows().number(0, 0) != 1)
    return {Errc::permission, "pg_stat_activity hides the sessions of others: GRANT pg_monitor"};
  if (Status status = session.query(kPostgresSessions); !status) return status;
  add_sessions(session.rows(), page);
  if (Status status = session.query(kPostgresPrepared); !status) return status;
  if (const auto count = session.rows().number(0, 0)) page.family(kPrepared).add(*count);
  if (const auto oldest = session.rows().number(0, 1)) page.family(kPreparedOldest).add(*oldest);
  if (Status status = session.query(kPostgresHorizon); !status) return status;
  auto horizon = page.family(kHorizon);
  for (std::size_t row = 0; row < session.rows().rows(); ++row)
    if (const auto age = session.rows().number(row, 1)) horizon.add(*age, session.rows().text(row, 0));
  return ok();
}

// What a client's name for itself is, these servers do not tell: all are one application.
void add_sessions(const MysqlSessions& sessions, DatabasePage& page) {
  std::size_t slow[std::size(kAges)] = {};
  double query = 0;
  double transaction = 0;
  double idle_for = 0;
  double idle = 0;
  for (const MysqlSession& one : sessions.all) {
    if (!one.is_client || one.is_own) continue;
    const double seconds = one.seconds.value_or(0);
    if (one.command == "Query" || one.command == "Execute" || one.command == "Fetch" || one.command == "Prepare") {
      for (std::size_t age = 0; age < std::size(kAges); ++age)
        if (seconds >= kAgeSeconds[age]) ++slow[age];
      query = std::max(query, seconds);
    }
    transaction = std::max(transaction, one.transaction_seconds.value_or(0));
    if (!one.is_idle_in_transaction()) continue;
    ++idle;
    // A transaction that began after the session was looked at: it had been idle for long, and is not any more.
    idle_for = std::max(idle_for, std::min(seconds, *one.transaction_seconds));
  }
  auto running = page.family(kRunning);
  for (std::size_t age = 0; age < std::size(kAges); ++age) running.add(slow[age], "", kAges[age]);
  add_ages(page, query, transaction, idle_for, idle);
}

Status read_mysql(Session& session, DatabasePage& page) {
  const Result<MysqlSessions> sessions = mysql_sessions(session);
  if (!sessions) return sessions.error();
  const Result<NamedValues> metrics = mysql_innodb_metrics(session);
  if (!metrics) return metrics.error();
  const Result<NamedValues> counts = mysql_status(session);
  if (!counts) return counts.error();
  add_sessions(*sessions, page);
  if (const auto length = metrics->value("trx_rseg_history_len")) page.family(kUndo).add(*length);
  if (const auto slow = counts->value("Slow_queries")) page.family(kSlow).add(*slow);
  // MySQL wants XA_RECOVER_ADMIN, and says so with an error that is no error of permission: then there is no sample.
  const Status prepared = session.query("XA RECOVER");
  if (prepared)
    page.family(kPrepared).add(session.rows().rows());
  else if (const Errc code = prepared.error().code; code != Errc::permission && code != Errc::malformed)
    return prepared;
  return ok();
}

class Transactions final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    return session.is_postgresql() ? read_postgres(session, page) : read_mysql(session, page);
  }
};

}  // namespace

extern const DatabaseCollector transactions_collector{
    .info = {.name = "transactions",
             .summary = "The longest open, idle and prepared transactions, the statements that run too long, and what holds "
                        "vacuum or purge back.",
             .metrics = kMetrics},
    .lane = Lane::fast,
    .make = make_reader<Transactions>};

}  // namespace finwatch::database
