#include <algorithm>

#include "database/collector.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kHits{
    MetricType::counter,
    "finwatch_db_cache_hits_total",
    "Pages found in the server's own cache, from blks_hit or Innodb_buffer_pool_read_requests less reads.",
    "target",
    "engine",
    "database"};
constexpr MetricDesc kReads{
    MetricType::counter,
    "finwatch_db_cache_reads_total",
    "Pages that had to be read into the server's own cache, from blks_read or Innodb_buffer_pool_reads.",
    "target",
    "engine",
    "database"};
constexpr MetricDesc kSize{MetricType::gauge, "finwatch_db_cache_bytes",
                           "Size of the server's own cache in bytes: shared_buffers or innodb_buffer_pool_size.", "target",
                           "engine"};
constexpr MetricDesc kUsed{MetricType::gauge, "finwatch_db_cache_used_bytes",
                           "Bytes of data in the buffer pool, from Innodb_buffer_pool_bytes_data.", "target", "engine"};
constexpr MetricDesc kDirty{MetricType::gauge, "finwatch_db_cache_dirty_bytes",
                            "Bytes in the buffer pool that are not on the disk yet, from Innodb_buffer_pool_bytes_dirty.",
                            "target", "engine"};
constexpr MetricDesc kCommits{
    MetricType::counter,
    "finwatch_db_commits_total",
    "Transactions committed, from xact_commit; on MySQL and MariaDB COMMIT statements, from Com_commit.",
    "target",
    "engine",
    "database"};
constexpr MetricDesc kRollbacks{
    MetricType::counter,
    "finwatch_db_rollbacks_total",
    "Transactions rolled back, from xact_rollback; on MySQL and MariaDB ROLLBACK statements, from Com_rollback.",
    "target",
    "engine",
    "database"};
constexpr MetricDesc kQuestions{MetricType::counter, "finwatch_db_questions_total",
                                "Statements that clients sent, from Questions.", "target", "engine"};
constexpr MetricRef kMetrics[] = {kHits, kReads, kSize, kUsed, kDirty, kCommits, kRollbacks, kQuestions};

// The row without a database counts what all of them share.
constexpr std::string_view kPostgres = R"(
SELECT coalesce(datname, ''), blks_hit, blks_read, CASE WHEN datname IS NOT NULL THEN xact_commit END, CASE WHEN datname IS NOT NULL THEN xact_rollback END,
       pg_size_bytes(current_setting('shared_buffers'))
  FROM pg_stat_database ORDER BY 1)";

constexpr std::string_view kMysql = R"(
SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_commit', 'Com_rollback', 'Questions', 'Innodb_buffer_pool_read_requests',
  'Innodb_buffer_pool_reads', 'Innodb_buffer_pool_bytes_data', 'Innodb_buffer_pool_bytes_dirty'))";

class Cache final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    return session.is_postgresql() ? read_postgres(session, page) : read_mysql(session, page);
  }

 private:
  static Status read_postgres(Session& session, DatabasePage& page) {
    if (Status status = session.query(kPostgres); !status) return status;
    const SqlTable& rows = session.rows();
    const auto add = [&](const MetricDesc<3>& desc, std::size_t column) {
      auto family = page.family(desc);
      for (std::size_t row = 0; row < rows.rows(); ++row)
        if (const auto number = rows.number(row, column)) family.add(*number, rows.text(row, 0));
    };
    add(kHits, 1);
    add(kReads, 2);
    add(kCommits, 3);
    add(kRollbacks, 4);
    if (rows.rows() != 0)
      if (const auto bytes = rows.number(0, 5)) page.family(kSize).add(*bytes);
    return ok();
  }

  static Status read_mysql(Session& session, DatabasePage& page) {
    if (Status status = session.query("SELECT @@GLOBAL.innodb_buffer_pool_size"); !status) return status;
    if (session.rows().rows() != 0)
      if (const auto bytes = session.rows().number(0, 0)) page.family(kSize).add(*bytes);
    if (Status status = session.query(kMysql); !status) return status;
    const SqlTable& rows = session.rows();
    const auto counted = [&](std::string_view name) -> std::optional<double> {
      for (std::size_t row = 0; row < rows.rows(); ++row)
        if (rows.text(row, 0) == name) return rows.number(row, 1);
      return {};
    };
    const auto requests = counted("Innodb_buffer_pool_read_requests");
    const auto reads = counted("Innodb_buffer_pool_reads");
    if (requests && reads) page.family(kHits).add(std::max(*requests - *reads, 0.0), "");
    if (reads) page.family(kReads).add(*reads, "");
    if (const auto bytes = counted("Innodb_buffer_pool_bytes_data")) page.family(kUsed).add(*bytes);
    if (const auto bytes = counted("Innodb_buffer_pool_bytes_dirty")) page.family(kDirty).add(*bytes);
    if (const auto commits = counted("Com_commit")) page.family(kCommits).add(*commits, "");
    if (const auto rollbacks = counted("Com_rollback")) page.family(kRollbacks).add(*rollbacks, "");
    if (const auto questions = counted("Questions")) page.family(kQuestions).add(*questions);
    return ok();
  }
};

}  // namespace

extern const DatabaseCollector cache_collector{
    .info = {.name = "cache",
             .summary = "Hits and misses of the server's own cache and its size, commits, rollbacks and statements.",
             .metrics = kMetrics},
    .lane = Lane::medium,
    .make = make_reader<Cache>};

}  // namespace finwatch::database
