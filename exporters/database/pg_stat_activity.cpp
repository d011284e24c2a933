#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"datname", "datname"},
    {"state", "state"},
    {"usename", "usename"},
    {"application_name", "application_name"},
    {"backend_type", "backend_type"},
    {"wait_event_type", "wait_event_type"},
    {"wait_event", "wait_event"},
    {"count", MetricType::gauge, "pg_stat_activity_count", "Sessions in a state, from pg_stat_activity."},
    {"max_tx_duration", MetricType::gauge, "pg_stat_activity_max_tx_duration",
     "Age of the oldest transaction of these sessions, in seconds, 0 when none is open, from pg_stat_activity."},
};
const QueryTable kTable(kColumns);

// Each database has each state, with 0 for what nobody is in: the alerts of others count on that. The applications are bounded:
// whoever brings a name of his own for each session would fill the page.
constexpr std::string_view kSql = R"(
SELECT d.datname, s.state, a.usename, a.application_name, a.backend_type, a.wait_event_type, a.wait_event,
       coalesce(a.count, 0) AS count, coalesce(a.max_tx_duration, 0) AS max_tx_duration
  FROM pg_database d
 CROSS JOIN (VALUES ('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)'), ('fastpath function call'),
                    ('disabled')) AS s(state)
  LEFT JOIN (SELECT datname, state, usename, application_name, backend_type, wait_event_type, wait_event, count(*) AS count,
                    extract(epoch FROM max(now() - xact_start)) AS max_tx_duration
               FROM pg_stat_activity WHERE datname IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7) a
    ON a.datname = d.datname AND a.state = s.state
 ORDER BY count DESC, d.datname, s.state LIMIT 500)";

class Activity final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, kSql, kTable); }
};

}  // namespace

extern const DatabaseCollector pg_stat_activity_collector{
    .info = {.name = "pg_stat_activity",
             .summary = "Sessions and their longest transaction by state, user, application and wait, under the names of "
                        "postgres_exporter.",
             .metrics = kTable.metrics()},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<Activity>};

}  // namespace finwatch::database
