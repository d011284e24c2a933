#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"rolname", "rolname"},
    {"connection_limit", MetricType::gauge, "pg_roles_connection_limit",
     "The most sessions a role may have, -1 for no limit, from pg_roles."},
};
const QueryTable kTable(kColumns);

constexpr std::string_view kSql = "SELECT rolname, rolconnlimit AS connection_limit FROM pg_roles ORDER BY rolname LIMIT 500";

class Roles final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, kSql, kTable); }
};

}  // namespace

extern const DatabaseCollector pg_roles_collector{
    .info = {.name = "pg_roles",
             .summary = "Connection limit of each role, under the name of postgres_exporter.",
             .metrics = kTable.metrics()},
    .lane = Lane::medium,
    .engines = kPostgresql,
    .make = make_reader<Roles>};

}  // namespace finwatch::database
