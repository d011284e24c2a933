#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"num_timed", MetricType::counter, "pg_stat_checkpointer_num_timed_total",
     "Checkpoints that were due, from pg_stat_checkpointer."},
    {"num_requested", MetricType::counter, "pg_stat_checkpointer_num_requested_total",
     "Checkpoints that were asked for, from pg_stat_checkpointer."},
    {"restartpoints_timed", MetricType::counter, "pg_stat_checkpointer_restartpoints_timed_total",
     "Restartpoints of a standby that were due, from pg_stat_checkpointer."},
    {"restartpoints_req", MetricType::counter, "pg_stat_checkpointer_restartpoints_req_total",
     "Restartpoints of a standby that were asked for, from pg_stat_checkpointer."},
    {"restartpoints_done", MetricType::counter, "pg_stat_checkpointer_restartpoints_done_total",
     "Restartpoints of a standby that were made, from pg_stat_checkpointer."},
    {"write_time", MetricType::counter, "pg_stat_checkpointer_write_time_total",
     "Time spent writing files, in milliseconds, from pg_stat_checkpointer."},
    {"sync_time", MetricType::counter, "pg_stat_checkpointer_sync_time_total",
     "Time spent syncing files, in milliseconds, from pg_stat_checkpointer."},
    {"buffers_written", MetricType::counter, "pg_stat_checkpointer_buffers_written_total",
     "Buffers written at checkpoints and restartpoints, from pg_stat_checkpointer."},
    {"stats_reset", MetricType::counter, "pg_stat_checkpointer_stats_reset_total",
     "When these numbers began, in seconds since 1970, from pg_stat_checkpointer."},
};
const QueryTable kTable(kColumns);

constexpr int kFirst = 170000;
constexpr std::string_view kSql = R"(
SELECT num_timed, num_requested, restartpoints_timed, restartpoints_req, restartpoints_done, write_time, sync_time, buffers_written,
       extract(epoch FROM stats_reset) AS stats_reset
  FROM pg_stat_checkpointer)";

class Checkpointer final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    if (session.version() < kFirst) return {Errc::no_data, "pg_stat_checkpointer came with PostgreSQL 17"};
    return read_table(session, page, kSql, kTable);
  }
};

}  // namespace

extern const DatabaseCollector pg_stat_checkpointer_collector{
    .info = {.name = "pg_stat_checkpointer",
             .summary = "Checkpoints since PostgreSQL 17, under the names of postgres_exporter; pg_stat_bgwriter has them on "
                        "every version.",
             .by_default = ByDefault::off,
             .metrics = kTable.metrics()},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<Checkpointer>};

}  // namespace finwatch::database
