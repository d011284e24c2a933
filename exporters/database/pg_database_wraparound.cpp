#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"datname", "datname"},
    {"age", MetricType::gauge, "pg_database_wraparound_age_datfrozenxid_seconds",
     "Transactions since the oldest one that a database has not frozen, from pg_database. They are no seconds: the name must "
     "stay."},
    {"multixact_age", MetricType::gauge, "pg_database_wraparound_age_datminmxid_seconds",
     "Multixacts since the oldest one that a database still has, from pg_database. They are no seconds: the name must stay."},
};
const QueryTable kTable(kColumns);

constexpr std::string_view kSql = R"(
SELECT datname, age(datfrozenxid) AS age, mxid_age(datminmxid) AS multixact_age FROM pg_database WHERE datallowconn ORDER BY datname)";

class Wraparound final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, kSql, kTable); }
};

}  // namespace

extern const DatabaseCollector pg_database_wraparound_collector{
    .info = {.name = "pg_database_wraparound",
             .summary =
                 "How far each database is from running out of transaction numbers, under the names of postgres_exporter.",
             .by_default = ByDefault::off,
             .metrics = kTable.metrics()},
    .lane = Lane::medium,
    .engines = kPostgresql,
    .make = make_reader<Wraparound>};

}  // namespace finwatch::database
