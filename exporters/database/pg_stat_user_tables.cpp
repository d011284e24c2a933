#include "database/targets/query_table.h"
#include "database/targets/shared_statements.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"datname", "datname"},
    {"schemaname", "schemaname"},
    {"relname", "relname"},
    {"seq_scan", MetricType::counter, "pg_stat_user_tables_seq_scan", "Sequential scans, from pg_stat_user_tables."},
    {"seq_tup_read", MetricType::counter, "pg_stat_user_tables_seq_tup_read",
     "Rows that sequential scans read, from pg_stat_user_tables."},
    {"idx_scan", MetricType::counter, "pg_stat_user_tables_idx_scan", "Index scans, from pg_stat_user_tables."},
    {"idx_tup_fetch", MetricType::counter, "pg_stat_user_tables_idx_tup_fetch",
     "Rows that index scans fetched, from pg_stat_user_tables."},
    {"n_tup_ins", MetricType::counter, "pg_stat_user_tables_n_tup_ins", "Rows that were inserted, from pg_stat_user_tables."},
    {"n_tup_upd", MetricType::counter, "pg_stat_user_tables_n_tup_upd", "Rows that were updated, from pg_stat_user_tables."},
    {"n_tup_del", MetricType::counter, "pg_stat_user_tables_n_tup_del", "Rows that were deleted, from pg_stat_user_tables."},
    {"n_tup_hot_upd", MetricType::counter, "pg_stat_user_tables_n_tup_hot_upd",
     "Rows that were updated without touching an index, from pg_stat_user_tables."},
    {"n_live_tup", MetricType::gauge, "pg_stat_user_tables_n_live_tup", "Live rows, as estimated, from pg_stat_user_tables."},
    {"n_dead_tup", MetricType::gauge, "pg_stat_user_tables_n_dead_tup", "Dead rows, as estimated, from pg_stat_user_tables."},
    {"n_mod_since_analyze", MetricType::gauge, "pg_stat_user_tables_n_mod_since_analyze",
     "Rows changed since the last ANALYZE, as estimated, from pg_stat_user_tables."},
    {"last_vacuum", MetricType::gauge, "pg_stat_user_tables_last_vacuum",
     "When VACUUM last went over the table, in seconds since 1970, from pg_stat_user_tables."},
    {"last_autovacuum", MetricType::gauge, "pg_stat_user_tables_last_autovacuum",
     "When autovacuum last went over the table, in seconds since 1970, from pg_stat_user_tables."},
    {"last_analyze", MetricType::gauge, "pg_stat_user_tables_last_analyze",
     "When ANALYZE last went over the table, in seconds since 1970, from pg_stat_user_tables."},
    {"last_autoanalyze", MetricType::gauge, "pg_stat_user_tables_last_autoanalyze",
     "When autovacuum last analyzed the table, in seconds since 1970, from pg_stat_user_tables."},
    {"vacuum_count", MetricType::counter, "pg_stat_user_tables_vacuum_count",
     "Times that VACUUM went over the table, from pg_stat_user_tables."},
    {"autovacuum_count", MetricType::counter, "pg_stat_user_tables_autovacuum_count",
     "Times that autovacuum went over the table, from pg_stat_user_tables."},
    {"analyze_count", MetricType::counter, "pg_stat_user_tables_analyze_count",
     "Times that ANALYZE went over the table, from pg_stat_user_tables."},
    {"autoanalyze_count", MetricType::counter, "pg_stat_user_tables_autoanalyze_count",
     "Times that autovacuum analyzed the table, from pg_stat_user_tables."},
    {"index_size_bytes", MetricType::gauge, "pg_stat_user_tables_index_size_bytes",
     "Size of the indexes of a table, in bytes, from relpages of pg_class, as the last VACUUM or ANALYZE saw it."},
    {"table_size_bytes", MetricType::gauge, "pg_stat_user_tables_table_size_bytes",
     "Size of a table with its TOAST, in bytes, from relpages of pg_class, as the last VACUUM or ANALYZE saw it."},
};
const QueryTable kTable(kColumns);
constexpr FlagSpec kFlags[] = {
    {FlagKind::integer, "collector.pg_stat_user_tables.top", "50", "How many tables to show, the largest first; 0 shows all."}};

class UserTables final : public Reader {
 public:
  explicit UserTables(const Settings& settings)
      : sql_(user_tables_statement(settings.integer("collector.pg_stat_user_tables.top"))) {}
  Status read(Session& session, DatabasePage& page) override { return read_shared_table(session, page, sql_, kTable); }

 private:
  const std::string sql_;
};

}  // namespace

extern const DatabaseCollector pg_stat_user_tables_collector{
    .info = {.name = "pg_stat_user_tables",
             .summary = "Scans, rows, vacuums and size of the largest tables, under the names of postgres_exporter.",
             .metrics = kTable.metrics(),
             .flags = kFlags},
    .lane = Lane::slow,
    .engines = kPostgresql,
    .make = make_reader<UserTables>};

}  // namespace finwatch::database
