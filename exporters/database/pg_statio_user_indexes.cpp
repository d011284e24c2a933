#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"schemaname", "schemaname"},
    {"relname", "relname"},
    {"indexrelname", "indexrelname"},
    {"blocks_read", MetricType::counter, "pg_statio_user_indexes_idx_blks_read_total",
     "Blocks of the index that were read from the system, from pg_statio_user_indexes."},
    {"blocks_hit", MetricType::counter, "pg_statio_user_indexes_idx_blks_hit_total",
     "Blocks of the index that were found in shared buffers, from pg_statio_user_indexes."},
};
const QueryTable kTable(kColumns);
constexpr FlagSpec kFlags[] = {{FlagKind::integer, "collector.pg_statio_user_indexes.top", "50",
                                "How many indexes to show, the largest first; 0 shows all."}};

// The view is made of the same functions and cannot tell the largest.
constexpr std::string_view kSql = R"(
SELECT n.nspname AS schemaname, t.relname, i.relname AS indexrelname,
       pg_stat_get_blocks_fetched(i.oid) - pg_stat_get_blocks_hit(i.oid) AS blocks_read, pg_stat_get_blocks_hit(i.oid) AS blocks_hit
  FROM pg_class i JOIN pg_index x ON x.indexrelid = i.oid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
 WHERE i.relkind = 'i' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
 ORDER BY i.relpages DESC, i.oid)";

class UserIndexesIo final : public Reader {
 public:
  explicit UserIndexesIo(const Settings& settings)
      : sql_(std::string(kSql) + limit_of(settings.integer("collector.pg_statio_user_indexes.top"))) {}
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, sql_, kTable); }

 private:
  static std::string limit_of(long long top) { return top > 0 ? " LIMIT " + std::to_string(top) : std::string(); }
  const std::string sql_;
};

}  // namespace

extern const DatabaseCollector pg_statio_user_indexes_collector{
    .info = {.name = "pg_statio_user_indexes",
             .summary = "Blocks read and found in memory of the largest indexes, under the names of postgres_exporter.",
             .by_default = ByDefault::off,
             .metrics = kTable.metrics(),
             .flags = kFlags},
    .lane = Lane::slow,
    .engines = kPostgresql,
    .make = make_reader<UserIndexesIo>};

}  // namespace finwatch::database
