#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"transactions", MetricType::gauge, "pg_long_running_transactions",
     "Sessions that are inside a transaction, autovacuum left aside, from pg_stat_activity."},
    {"age", MetricType::gauge, "pg_long_running_transactions_oldest_timestamp_seconds",
     "Age of the oldest of these transactions, in seconds, from pg_stat_activity: an age in spite of its name."},
};
const QueryTable kTable(kColumns);

// Parallel workers are part of the session that they work for.
constexpr std::string_view kSql = R"(
SELECT count(*) AS transactions, coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0) AS age
  FROM pg_stat_activity
 WHERE xact_start IS NOT NULL AND state IS DISTINCT FROM 'idle' AND query NOT LIKE 'autovacuum:%' AND pid <> pg_backend_pid()
   AND backend_type <> 'parallel worker')";

class LongRunning final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, kSql, kTable); }
};

}  // namespace

extern const DatabaseCollector pg_long_running_transactions_collector{
    .info = {.name = "pg_long_running_transactions",
             .summary = "Open transactions and the age of the oldest, under the names of postgres_exporter.",
             .by_default = ByDefault::off,
             .metrics = kTable.metrics()},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<LongRunning>};

}  // namespace finwatch::database
