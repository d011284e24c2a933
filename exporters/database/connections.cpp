#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "database/targets/mysql_shared.h"

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
    const Result<MysqlSessions> sessions = mysql_sessions(session);
    if (!sessions) return sessions.error();
    const Result<NamedValues> status = mysql_status(session);
    if (!status) return status.error();
    add_mysql_sessions(*sessions, page);
    // One slot more than max_connections is kept for administrators: none of the ordinary ones is reserved.
    if (const auto used = status->value("Threads_connected")) add_limits(page, *used, sessions->limit, 0);
    if (const auto peak = status->value("Max_used_connections")) page.family(kPeak).add(*peak);
    if (const auto refused = status->value("Connection_errors_max_connections")) page.family(kRefused).add(*refused);
    return ok();
  }

  // The state is the command, and whether a transaction waits for its client.
  static void add_mysql_sessions(const MysqlSessions& sessions, DatabasePage& page) {
    std::map<std::array<std::string_view, 3>, std::size_t> counts;
    for (const MysqlSession& one : sessions.all)
      if (one.is_client)
        ++counts[{one.database, one.user,
                  one.command != "Sleep"         ? "active"
                  : one.is_idle_in_transaction() ? "idle in transaction"
                                                 : "idle"}];
    std::vector<std::pair<std::size_t, std::array<std::string_view, 3>>> largest_first;
    for (const auto& [key, count] : counts) largest_first.emplace_back(count, key);
    std::stable_sort(largest_first.begin(), largest_first.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    auto family = page.family(kSessions);
    for (const auto& [count, key] : largest_first) family.add(count, key[0], key[1], "", key[2]);
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
