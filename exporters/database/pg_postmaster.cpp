#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"start_time", MetricType::gauge, "pg_postmaster_start_time_seconds",
     "When the server was started, in seconds since 1970, from pg_postmaster_start_time()."},
};
const QueryTable kTable(kColumns);

constexpr std::string_view kSql = "SELECT extract(epoch FROM pg_postmaster_start_time()) AS start_time";

class Postmaster final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, kSql, kTable); }
};

}  // namespace

extern const DatabaseCollector pg_postmaster_collector{
    .info = {.name = "pg_postmaster",
             .summary = "When the server was started, under the name of postgres_exporter.",
             .by_default = ByDefault::off,
             .metrics = kTable.metrics()},
    .lane = Lane::medium,
    .engines = kPostgresql,
    .make = make_reader<Postmaster>};

}  // namespace finwatch::database
