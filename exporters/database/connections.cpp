#include "database/collector.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kSessions{
    MetricType::gauge,
    "finwatch_db_connections",
    "Sessions of clients by database, user, application and state, from pg_stat_activity or PROCESSLIST.",
    "target",
    "engine",
    "database",
    "user",
    "application",
    "state"};
constexpr MetricDesc kUsed{MetricType::gauge, "finwatch_db_connections_used",
                           "Slots of the server that are taken by clients, from pg_stat_activity or Threads_connected.",
                           "target", "engine"};
constexpr MetricDesc kLimit{MetricType::gauge, "finwatch_db_connections_limit",
                            "Slots that ordinary accounts can take: max_connections without those that are reserved.", "target",
                            "engine"};
constexpr MetricDesc kReserved{MetricType::gauge, "finwatch_db_connections_reserved",
                               "Slots kept for administrators, from the server's settings.", "target", "engine"};
constexpr MetricDesc kHeadroom{MetricType::gauge, "finwatch_db_connections_headroom",
                               "Slots that ordinary accounts can still take.", "target", "engine"};
constexpr MetricDesc kPeak{MetricType::gauge, "finwatch_db_connections_peak",
                           "The most slots taken at once since the server started, from Max_used_connections.", "target",
                           "engine"};
constexpr MetricDesc kRefused{MetricType::counter, "finwatch_db_connections_refused_total",
                              "Clients turned away because no slot was left, from Connection_errors_max_connections.", "target",
                              "engine"};
constexpr MetricDesc kEncrypted{
    MetricType::gauge,
    "finwatch_db_connections_encrypted",
    "Sessions of clients that came over the network, by whether TLS protects them, from pg_stat_ssl.",
    "target",
    "engine",
    "tls"};
constexpr MetricRef kMetrics[] = {kSessions, kUsed, kLimit, kReserved, kHeadroom, kPeak, kRefused, kEncrypted};

constexpr std::string_view kPostgresSessions = R"(
SELECT coalesce(a.datname, ''), coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(a.state, 'unknown'), count(*),
       count(*) FILTER (WHERE a.client_addr IS NOT NULL AND s.ssl), count(*) FILTER (WHERE a.client_addr IS NOT NULL AND NOT s.ssl)
  FROM pg_stat_activity a LEFT JOIN pg_stat_ssl s USING (pid)
 WHERE a.backend_type = 'client backend'
 GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC)";

constexpr std::string_view kPostgresLimits = R"(
SELECT current_setting('max_connections'), current_setting('superuser_reserved_connections'), coalesce(current_setting('reserved_connections', true), '0'))";

// The state is the command, and whether a transaction waits for its client.
constexpr std::string_view kMysqlSessions = R"(
SELECT coalesce(p.DB, ''), p.USER, '',
       CASE WHEN p.COMMAND = 'Sleep' AND t.trx_mysql_thread_id IS NOT NULL THEN 'idle in transaction'
            WHEN p.COMMAND = 'Sleep' THEN 'idle' ELSE 'active' END, count(*)
  FROM information_schema.PROCESSLIST p LEFT JOIN information_schema.INNODB_TRX t ON t.trx_mysql_thread_id = p.ID
 WHERE p.COMMAND NOT IN ('Daemon', 'Binlog Dump', 'Binlog Dump GTID') AND p.USER NOT IN ('system user', 'event_scheduler')
 GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC)";

constexpr std::string_view kMysqlCounts = R"(
SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected', 'Max_used_connections', 'Connection_errors_max_connections'))";

class Connections final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    return session.is_postgresql() ? read_postgres(session, page) : read_mysql(session, page);
  }

 private:
  static void add_sessions(const SqlTable& rows, DatabasePage& page) {
    auto sessions = page.family(kSessions);
    for (std::size_t row = 0; row < rows.rows(); ++row)
      sessions.add(rows.number(row, 4).value_or(0), rows.text(row, 0), rows.text(row, 1), rows.text(row, 2), rows.text(row, 3));
  }
  static void add_limits(DatabasePage& page, double used, double most, double reserved) {
    page.family(kUsed).add(used);
    page.family(kLimit).add(most - reserved);
    page.family(kReserved).add(reserved);
    page.family(kHeadroom).add(most - reserved - used);
  }

  static Status read_postgres(Session& session, DatabasePage& page) {
    if (Status status = session.query(kPostgresSessions); !status) return status;
    add_sessions(session.rows(), page);
    double used = 0;
    double encrypted = 0;
    double plain = 0;
    for (std::size_t row = 0; row < session.rows().rows(); ++row) {
      used += session.rows().number(row, 4).value_or(0);
      encrypted += session.rows().number(row, 5).value_or(0);
      plain += session.rows().number(row, 6).value_or(0);
    }
    page.family(kEncrypted).add(encrypted, "yes").add(plain, "no");
    if (Status status = session.query(kPostgresLimits); !status) return status;
    const SqlTable& limits = session.rows();
    add_limits(page, used, limits.number(0, 0).value_or(0), limits.number(0, 1).value_or(0) + limits.number(0, 2).value_or(0));
    return ok();
  }

  static Status read_mysql(Session& session, DatabasePage& page) {
    if (Status status = session.query(kMysqlSessions); !status) return status;
    add_sessions(session.rows(), page);
    if (Status status = session.query("SELECT @@GLOBAL.max_connections"); !status) return status;
    const double most = session.rows().number(0, 0).value_or(0);
    if (Status status = session.query(kMysqlCounts); !status) return status;
    const SqlTable& counts = session.rows();
    for (std::size_t row = 0; row < counts.rows(); ++row) {
      const std::string_view name = counts.text(row, 0);
      const double value = counts.number(row, 1).value_or(0);
      // One slot more than max_connections is kept for administrators: none of the ordinary ones is reserved.
      if (name == "Threads_connected") add_limits(page, value, most, 0);
      if (name == "Max_used_connections") page.family(kPeak).add(value);
      if (name == "Connection_errors_max_connections") page.family(kRefused).add(value);
    }
    return ok();
  }
};

}  // namespace

extern const DatabaseCollector connections_collector{
    .info = {.name = "connections",
             .summary = "Connections by state, user and application against the limit, and how many of them TLS protects.",
             .metrics = kMetrics},
    .lane = Lane::fast,
    .make = make_reader<Connections>};

}  // namespace finwatch::database
