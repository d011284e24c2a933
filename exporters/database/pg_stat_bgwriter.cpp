#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"checkpoints_timed", MetricType::counter, "pg_stat_bgwriter_checkpoints_timed_total",
     "Checkpoints that were due, from pg_stat_bgwriter, since PostgreSQL 17 partly from pg_stat_checkpointer and pg_stat_io."},
    {"checkpoints_req", MetricType::counter, "pg_stat_bgwriter_checkpoints_req_total",
     "Checkpoints that were asked for, from pg_stat_bgwriter, since PostgreSQL 17 partly from pg_stat_checkpointer and "
     "pg_stat_io."},
    {"checkpoint_write_time", MetricType::counter, "pg_stat_bgwriter_checkpoint_write_time_total",
     "Time spent writing files at checkpoints, in milliseconds, from pg_stat_bgwriter, since PostgreSQL 17 partly from "
     "pg_stat_checkpointer and pg_stat_io."},
    {"checkpoint_sync_time", MetricType::counter, "pg_stat_bgwriter_checkpoint_sync_time_total",
     "Time spent syncing files at checkpoints, in milliseconds, from pg_stat_bgwriter, since PostgreSQL 17 partly from "
     "pg_stat_checkpointer and pg_stat_io."},
    {"buffers_checkpoint", MetricType::counter, "pg_stat_bgwriter_buffers_checkpoint_total",
     "Buffers written at checkpoints, from pg_stat_bgwriter, since PostgreSQL 17 partly from pg_stat_checkpointer and "
     "pg_stat_io."},
    {"buffers_clean", MetricType::counter, "pg_stat_bgwriter_buffers_clean_total",
     "Buffers written by the background writer, from pg_stat_bgwriter."},
    {"maxwritten_clean", MetricType::counter, "pg_stat_bgwriter_maxwritten_clean_total",
     "Times that the background writer stopped because it had written enough, from pg_stat_bgwriter."},
    {"buffers_backend", MetricType::counter, "pg_stat_bgwriter_buffers_backend_total",
     "Buffers that sessions wrote themselves, from pg_stat_bgwriter, since PostgreSQL 17 partly from pg_stat_checkpointer and "
     "pg_stat_io."},
    {"buffers_backend_fsync", MetricType::counter, "pg_stat_bgwriter_buffers_backend_fsync_total",
     "Times that a session had to sync a file itself, from pg_stat_bgwriter, since PostgreSQL 17 partly from "
     "pg_stat_checkpointer and pg_stat_io."},
    {"buffers_alloc", MetricType::counter, "pg_stat_bgwriter_buffers_alloc_total",
     "Buffers that were allocated, from pg_stat_bgwriter."},
    {"stats_reset", MetricType::counter, "pg_stat_bgwriter_stats_reset_total",
     "When these numbers began, in seconds since 1970, from pg_stat_bgwriter."},
};
const QueryTable kTable(kColumns);

constexpr std::string_view kSql = R"(
SELECT checkpoints_timed, checkpoints_req, checkpoint_write_time, checkpoint_sync_time, buffers_checkpoint, buffers_clean,
       maxwritten_clean, buffers_backend, buffers_backend_fsync, buffers_alloc, extract(epoch FROM stats_reset) AS stats_reset
  FROM pg_stat_bgwriter)";
// PostgreSQL 17 moved the checkpoints to a view of their own and left what sessions write to pg_stat_io.
constexpr std::string_view kSqlSince17 = R"(
SELECT c.num_timed AS checkpoints_timed, c.num_requested AS checkpoints_req, c.write_time AS checkpoint_write_time,
       c.sync_time AS checkpoint_sync_time, c.buffers_written AS buffers_checkpoint, b.buffers_clean, b.maxwritten_clean,
       i.writes AS buffers_backend, i.fsyncs AS buffers_backend_fsync, b.buffers_alloc,
       extract(epoch FROM b.stats_reset) AS stats_reset
  FROM pg_stat_bgwriter b, pg_stat_checkpointer c,
       (SELECT sum(writes) AS writes, sum(fsyncs) AS fsyncs FROM pg_stat_io
         WHERE object = 'relation' AND backend_type NOT IN ('checkpointer', 'background writer')) i)";

class Bgwriter final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    return read_table(session, page, session.version() >= 170000 ? kSqlSince17 : kSql, kTable);
  }
};

}  // namespace

extern const DatabaseCollector pg_stat_bgwriter_collector{
    .info = {.name = "pg_stat_bgwriter",
             .summary = "Checkpoints and buffers written, under the same names on every version of PostgreSQL.",
             .metrics = kTable.metrics()},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<Bgwriter>};

}  // namespace finwatch::database
