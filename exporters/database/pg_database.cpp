#include "database/targets/query_table.h"
#include "database/targets/shared_statements.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"datname", "datname"},
    {"size_bytes", MetricType::gauge, "pg_database_size_bytes", "Disk space of a database, in bytes, from pg_database_size()."},
    {"connection_limit", MetricType::gauge, "pg_database_connection_limit",
     "The most sessions a database takes, -1 for no limit, from pg_database."},
};
const QueryTable kTable(kColumns);

class Databases final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    return read_shared_table(session, page, kDatabaseSizes, kTable);
  }
};

}  // namespace

extern const DatabaseCollector pg_database_collector{
    .info = {.name = "pg_database",
             .summary = "Size and connection limit of each database, under the names of postgres_exporter.",
             .metrics = kTable.metrics()},
    .lane = Lane::slow,
    .engines = kPostgresql,
    .make = make_reader<Databases>};

}  // namespace finwatch::database
