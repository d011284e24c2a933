#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"relname", "relname"},
    {"begun", MetricType::gauge, "pg_stat_activity_autovacuum_timestamp_seconds",
     "When autovacuum began with the table, in seconds since 1970, from pg_stat_activity."},
};
const QueryTable kTable(kColumns);

// "autovacuum: VACUUM ANALYZE public.voucher (to prevent wraparound)". Two databases or schemas may have a table of one name.
constexpr std::string_view kSql = R"(
SELECT substring(query FROM '^autovacuum: .*?\.(.*?)( \(to prevent wraparound\))?$') AS relname, extract(epoch FROM min(xact_start)) AS begun
  FROM pg_stat_activity WHERE query LIKE 'autovacuum: %' GROUP BY 1 ORDER BY 1)";

class Autovacuums final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, kSql, kTable); }
};

}  // namespace

extern const DatabaseCollector pg_stat_activity_autovacuum_collector{
    .info = {.name = "pg_stat_activity_autovacuum",
             .summary = "Since when autovacuum works on a table, under the name of postgres_exporter.",
             .by_default = ByDefault::off,
             .metrics = kTable.metrics()},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<Autovacuums>};

}  // namespace finwatch::database
