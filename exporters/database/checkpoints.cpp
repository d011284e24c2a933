#include <optional>

#include "database/collector.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kCheckpoints{
    MetricType::counter,
    "finwatch_db_checkpoints_total",
    "Checkpoints by what began them (timed, requested), from pg_stat_bgwriter or, since version 17, pg_stat_checkpointer.",
    "target",
    "engine",
    "kind"};
constexpr MetricDesc kWriteSeconds{MetricType::counter, "finwatch_db_checkpoint_write_seconds_total",
                                   "Seconds that checkpoints spent writing, from pg_stat_bgwriter or pg_stat_checkpointer.",
                                   "target", "engine"};
constexpr MetricDesc kSyncSeconds{MetricType::counter, "finwatch_db_checkpoint_sync_seconds_total",
                                  "Seconds that checkpoints spent in fsync, from pg_stat_bgwriter or pg_stat_checkpointer.",
                                  "target", "engine"};
constexpr MetricDesc kBuffers{
    MetricType::counter,
    "finwatch_db_buffers_written_total",
    "Pages written by who wrote them (checkpointer, background_writer, backend), where backends count up to version 16.",
    "target",
    "engine",
    "by"};
constexpr MetricDesc kAge{
    MetricType::gauge, "finwatch_db_checkpoint_age_bytes",
    "Bytes of redo log since InnoDB's last checkpoint, from Innodb_checkpoint_age or Innodb_redo_log_*_lsn.", "target",
    "engine"};
constexpr MetricDesc kAgeLimit{MetricType::gauge, "finwatch_db_checkpoint_age_limit_bytes",
                               "Bytes of redo log at which InnoDB stops writers, from Innodb_checkpoint_max_age.", "target",
                               "engine"};
constexpr MetricDesc kArchiveFailing{MetricType::gauge, "finwatch_db_archive_failing",
                                     "1 if the last attempt to archive a log file failed, else 0, from pg_stat_archiver.",
                                     "target", "engine"};
constexpr MetricDesc kArchived{MetricType::counter, "finwatch_db_archived_total", "Log files archived, from pg_stat_archiver.",
                               "target", "engine"};
constexpr MetricDesc kArchiveFailures{MetricType::counter, "finwatch_db_archive_failures_total",
                                      "Failed attempts to archive a log file, from pg_stat_archiver.", "target", "engine"};
constexpr MetricDesc kArchiveSuccess{MetricType::gauge, "finwatch_db_archive_last_success_timestamp_seconds",
                                     "When a log file was last archived, from pg_stat_archiver; absent when never.", "target",
                                     "engine"};
constexpr MetricRef kMetrics[] = {kCheckpoints, kWriteSeconds,   kSyncSeconds, kBuffers,         kAge,
                                  kAgeLimit,    kArchiveFailing, kArchived,    kArchiveFailures, kArchiveSuccess};

constexpr std::string_view kPostgres12 = R"(
SELECT checkpoints_timed, checkpoints_req, checkpoint_write_time / 1000, checkpoint_sync_time / 1000, buffers_checkpoint, buffers_clean, buffers_backend
  FROM pg_stat_bgwriter)";
constexpr std::string_view kPostgres17 = R"(
SELECT c.num_timed, c.num_requested, c.write_time / 1000, c.sync_time / 1000, c.buffers_written, b.buffers_clean, NULL
  FROM pg_stat_checkpointer c, pg_stat_bgwriter b)";

// No row when nothing is archived: "0 failures" of what does not run would look well.
constexpr std::string_view kArchiver = R"(
SELECT (last_failed_time IS NOT NULL AND (last_archived_time IS NULL OR last_failed_time > last_archived_time))::int,
       archived_count, failed_count, extract(epoch FROM last_archived_time)
  FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off')";

constexpr std::string_view kMariadb =
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_checkpoint_age', 'Innodb_checkpoint_max_age')";
constexpr std::string_view kMysql8030 =
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_redo_log_current_lsn', 'Innodb_redo_log_checkpoint_lsn')";
// Before 8.0.30, and off unless somebody switched the counter on.
constexpr std::string_view kMysql = R"(
SELECT 'Innodb_checkpoint_age', COUNT FROM information_schema.INNODB_METRICS WHERE NAME = 'log_lsn_checkpoint_age' AND STATUS = 'enabled')";

class Checkpoints final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    return session.is_postgresql() ? read_postgres(session, page) : read_mysql(session, page);
  }

 private:
  template <std::size_t N, class... L>
  static void add(TargetFamily<N, 2> family, const SqlTable& rows, std::size_t column, const L&... labels) {
    if (const auto number = rows.number(0, column)) family.add(*number, labels...);
  }

  static Status read_postgres(Session& session, DatabasePage& page) {
    if (Status status = session.query(session.version() >= 170000 ? kPostgres17 : kPostgres12); !status) return status;
    const SqlTable& rows = session.rows();
    if (rows.rows() == 0) return Errc::no_data;
    auto checkpoints = page.family(kCheckpoints);
    add(checkpoints, rows, 0, "timed");
    add(checkpoints, rows, 1, "requested");
    add(page.family(kWriteSeconds), rows, 2);
    add(page.family(kSyncSeconds), rows, 3);
    auto buffers = page.family(kBuffers);
    add(buffers, rows, 4, "checkpointer");
    add(buffers, rows, 5, "background_writer");
    add(buffers, rows, 6, "backend");
    if (Status status = session.query(kArchiver); !status) return status;
    if (rows.rows() == 0) return ok();
    add(page.family(kArchiveFailing), rows, 0);
    add(page.family(kArchived), rows, 1);
    add(page.family(kArchiveFailures), rows, 2);
    add(page.family(kArchiveSuccess), rows, 3);
    return ok();
  }

  static Status read_mysql(Session& session, DatabasePage& page) {
    const std::string_view statement = session.is_mariadb() ? kMariadb : session.version() >= 80030 ? kMysql8030 : kMysql;
    if (Status status = session.query(statement); !status) return status;
    const SqlTable& rows = session.rows();
    const auto told = [&](std::string_view name) -> std::optional<double> {
      for (std::size_t row = 0; row < rows.rows(); ++row)
        if (rows.text(row, 0) == name) return rows.number(row, 1);
      return {};
    };
    auto age = told("Innodb_checkpoint_age");
    const auto current = told("Innodb_redo_log_current_lsn");
    const auto checkpoint = told("Innodb_redo_log_checkpoint_lsn");
    if (current && checkpoint) age = *current - *checkpoint;
    if (!age) return Errc::no_data;
    page.family(kAge).add(*age);
    if (const auto limit = told("Innodb_checkpoint_max_age")) page.family(kAgeLimit).add(*limit);
    return ok();
  }
};

}  // namespace

extern const DatabaseCollector checkpoints_collector{
    .info = {.name = "checkpoints",
             .summary = "Checkpoints under one name over all versions, pages written, and whether archiving of the log works.",
             .metrics = kMetrics},
    .lane = Lane::medium,
    .make = make_reader<Checkpoints>};

}  // namespace finwatch::database
