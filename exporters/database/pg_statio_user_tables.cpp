#include "database/targets/query_table.h"
#include "database/targets/shared_statements.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"datname", "datname"},
    {"schemaname", "schemaname"},
    {"relname", "relname"},
    {"heap_blocks_read", MetricType::counter, "pg_statio_user_tables_heap_blocks_read",
     "Blocks of the table that were read from the system, from pg_statio_user_tables."},
    {"heap_blocks_hit", MetricType::counter, "pg_statio_user_tables_heap_blocks_hit",
     "Blocks of the table that were found in shared buffers, from pg_statio_user_tables."},
    {"idx_blocks_read", MetricType::counter, "pg_statio_user_tables_idx_blocks_read",
     "Blocks of its indexes that were read from the system, from pg_statio_user_tables."},
    {"idx_blocks_hit", MetricType::counter, "pg_statio_user_tables_idx_blocks_hit",
     "Blocks of its indexes that were found in shared buffers, from pg_statio_user_tables."},
    {"toast_blocks_read", MetricType::counter, "pg_statio_user_tables_toast_blocks_read",
     "Blocks of its TOAST table that were read from the system, from pg_statio_user_tables."},
    {"toast_blocks_hit", MetricType::counter, "pg_statio_user_tables_toast_blocks_hit",
     "Blocks of its TOAST table that were found in shared buffers, from pg_statio_user_tables."},
    {"tidx_blocks_read", MetricType::counter, "pg_statio_user_tables_tidx_blocks_read",
     "Blocks of its TOAST table's index that were read from the system, from pg_statio_user_tables."},
    {"tidx_blocks_hit", MetricType::counter, "pg_statio_user_tables_tidx_blocks_hit",
     "Blocks of its TOAST table's index that were found in shared buffers, from pg_statio_user_tables."},
};
const QueryTable kTable(kColumns);
constexpr FlagSpec kFlags[] = {{FlagKind::integer, "collector.pg_statio_user_tables.top", "50",
                                "How many tables to show, the largest first; 0 shows all."}};

class UserTablesIo final : public Reader {
 public:
  explicit UserTablesIo(const Settings& settings)
      : sql_(user_tables_statement(settings.integer("collector.pg_statio_user_tables.top"))) {}
  Status read(Session& session, DatabasePage& page) override { return read_shared_table(session, page, sql_, kTable); }

 private:
  const std::string sql_;
};

}  // namespace

extern const DatabaseCollector pg_statio_user_tables_collector{
    .info = {.name = "pg_statio_user_tables",
             .summary = "Blocks read and found in memory of the largest tables, under the names of postgres_exporter.",
             .metrics = kTable.metrics(),
             .flags = kFlags},
    .lane = Lane::slow,
    .engines = kPostgresql,
    .make = make_reader<UserTablesIo>};

}  // namespace finwatch::database
