#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"archived_count", MetricType::counter, "pg_stat_archiver_archived_count",
     "WAL files that were archived, from pg_stat_archiver."},
    {"failed_count", MetricType::counter, "pg_stat_archiver_failed_count",
     "Attempts to archive that failed, from pg_stat_archiver."},
    {"last_archive_age", MetricType::gauge, "pg_stat_archiver_last_archive_age",
     "Time since the last WAL file was archived, in seconds, from pg_stat_archiver."},
};
const QueryTable kTable(kColumns);

constexpr std::string_view kSql = R"(
SELECT archived_count, failed_count, extract(epoch FROM now() - last_archived_time) AS last_archive_age FROM pg_stat_archiver)";

class Archiver final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, kSql, kTable); }
};

}  // namespace

extern const DatabaseCollector pg_stat_archiver_collector{
    .info = {.name = "pg_stat_archiver",
             .summary = "Segments archived and failed, and how old the last is, under the names of postgres_exporter.",
             .metrics = kTable.metrics()},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<Archiver>};

}  // namespace finwatch::database
