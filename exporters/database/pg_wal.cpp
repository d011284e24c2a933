#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"segments", MetricType::gauge, "pg_wal_segments", "WAL segments in pg_wal, from pg_ls_waldir()."},
    {"size_bytes", MetricType::gauge, "pg_wal_size_bytes",
     "Size of the WAL segments in pg_wal, in bytes, from pg_ls_waldir()."},
};
const QueryTable kTable(kColumns);

constexpr std::string_view kSql = R"(
SELECT count(*) AS segments, coalesce(sum(size), 0) AS size_bytes FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$')";

class Wal final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, kSql, kTable); }
};

}  // namespace

extern const DatabaseCollector pg_wal_collector{
    .info = {.name = "pg_wal",
             .summary = "Number and size of the WAL files, under the names of postgres_exporter.",
             .metrics = kTable.metrics()},
    .lane = Lane::medium,
    .engines = kPostgresql,
    .make = make_reader<Wal>};

}  // namespace finwatch::database
