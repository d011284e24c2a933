#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"datid", "datid"},
    {"datname", "datname"},
    {"numbackends", MetricType::gauge, "pg_stat_database_numbackends",
     "Sessions that are in the database now, from pg_stat_database."},
    {"xact_commit", MetricType::counter, "pg_stat_database_xact_commit",
     "Transactions that were committed, from pg_stat_database."},
    {"xact_rollback", MetricType::counter, "pg_stat_database_xact_rollback",
     "Transactions that were rolled back, from pg_stat_database."},
    {"blks_read", MetricType::counter, "pg_stat_database_blks_read",
     "Blocks that were read from the system, from pg_stat_database."},
    {"blks_hit", MetricType::counter, "pg_stat_database_blks_hit",
     "Blocks that were found in shared buffers, from pg_stat_database."},
    {"tup_returned", MetricType::counter, "pg_stat_database_tup_returned", "Rows that scans returned, from pg_stat_database."},
    {"tup_fetched", MetricType::counter, "pg_stat_database_tup_fetched",
     "Rows that index scans fetched, from pg_stat_database."},
    {"tup_inserted", MetricType::counter, "pg_stat_database_tup_inserted", "Rows that were inserted, from pg_stat_database."},
    {"tup_updated", MetricType::counter, "pg_stat_database_tup_updated", "Rows that were updated, from pg_stat_database."},
    {"tup_deleted", MetricType::counter, "pg_stat_database_tup_deleted", "Rows that were deleted, from pg_stat_database."},
    {"conflicts", MetricType::counter, "pg_stat_database_conflicts",
     "Statements cancelled because they stood in the way of recovery, from pg_stat_database."},
    {"temp_files", MetricType::counter, "pg_stat_database_temp_files",
     "Temporary files that statements made, from pg_stat_database."},
    {"temp_bytes", MetricType::counter, "pg_stat_database_temp_bytes",
     "Bytes written to temporary files, from pg_stat_database."},
    {"deadlocks", MetricType::counter, "pg_stat_database_deadlocks", "Deadlocks, from pg_stat_database."},
    {"blk_read_time", MetricType::counter, "pg_stat_database_blk_read_time",
     "Time spent reading blocks, in milliseconds, 0 without track_io_timing, from pg_stat_database."},
    {"blk_write_time", MetricType::counter, "pg_stat_database_blk_write_time",
     "Time spent writing blocks, in milliseconds, 0 without track_io_timing, from pg_stat_database."},
    {"stats_reset", MetricType::counter, "pg_stat_database_stats_reset",
     "When these numbers began, in seconds since 1970, from pg_stat_database."},
    {"active_time", MetricType::counter, "pg_stat_database_active_time_seconds_total",
     "Time spent in statements, in seconds, from active_time of pg_stat_database, since PostgreSQL 14."},
};
constexpr QueryColumn kConflictColumns[] = {
    {"datid", "datid"},
    {"datname", "datname"},
    {"confl_tablespace", MetricType::counter, "pg_stat_database_conflicts_confl_tablespace",
     "Statements cancelled on a standby because a tablespace was dropped, from pg_stat_database_conflicts."},
    {"confl_lock", MetricType::counter, "pg_stat_database_conflicts_confl_lock",
     "Statements cancelled on a standby because of a lock, from pg_stat_database_conflicts."},
    {"confl_snapshot", MetricType::counter, "pg_stat_database_conflicts_confl_snapshot",
     "Statements cancelled on a standby because of an old snapshot, from pg_stat_database_conflicts."},
    {"confl_bufferpin", MetricType::counter, "pg_stat_database_conflicts_confl_bufferpin",
     "Statements cancelled on a standby because of a pinned buffer, from pg_stat_database_conflicts."},
    {"confl_deadlock", MetricType::counter, "pg_stat_database_conflicts_confl_deadlock",
     "Statements cancelled on a standby because of a deadlock, from pg_stat_database_conflicts."},
    {"confl_active_logicalslot", MetricType::counter, "pg_stat_database_conflicts_confl_active_logicalslot",
     "Logical slots invalidated on a standby, since PostgreSQL 16, from pg_stat_database_conflicts."},
};
const QueryTable kTable(kColumns);
const QueryTable kConflictTable(kConflictColumns);
const std::vector<MetricRef> kMetrics = joined_metrics({kTable.metrics(), kConflictTable.metrics()});

// The row without a name is what all databases share.
constexpr std::string_view kSql = R"(
SELECT datid, datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit, tup_returned, tup_fetched, tup_inserted,
       tup_updated, tup_deleted, conflicts, temp_files, temp_bytes, deadlocks, blk_read_time, blk_write_time,
       extract(epoch FROM stats_reset) AS stats_reset
  FROM pg_stat_database WHERE datname IS NOT NULL ORDER BY datname)";
constexpr std::string_view kSqlSince14 = R"(
SELECT datid, datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit, tup_returned, tup_fetched, tup_inserted,
       tup_updated, tup_deleted, conflicts, temp_files, temp_bytes, deadlocks, blk_read_time, blk_write_time,
       extract(epoch FROM stats_reset) AS stats_reset, active_time / 1000 AS active_time
  FROM pg_stat_database WHERE datname IS NOT NULL ORDER BY datname)";
// A column that came later is written by its name.
constexpr std::string_view kConflictSql = "SELECT * FROM pg_stat_database_conflicts ORDER BY datname";

class StatDatabase final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    const std::string_view sql = session.version() >= 140000 ? kSqlSince14 : kSql;
    if (Status status = read_table(session, page, sql, kTable); !status) return status;
    return read_table(session, page, kConflictSql, kConflictTable);
  }
};

}  // namespace

extern const DatabaseCollector pg_stat_database_collector{
    .info = {.name = "pg_stat_database",
             .summary = "Transactions, rows, blocks, temporary files, deadlocks and conflicts of each database, under the "
                        "names of postgres_exporter.",
             .metrics = kMetrics},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<StatDatabase>};

}  // namespace finwatch::database
