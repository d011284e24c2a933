#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"datname", "datname"},
    {"mode", "mode"},
    {"count", MetricType::gauge, "pg_locks_count", "Locks of a database by mode, held or awaited, from pg_locks."},
};
const QueryTable kTable(kColumns);

// A mode that nobody holds is 0: that much is known.
constexpr std::string_view kSql = R"(
SELECT d.datname, m.mode, count(l.mode) AS count
  FROM pg_database d
 CROSS JOIN (VALUES ('accesssharelock'), ('rowsharelock'), ('rowexclusivelock'), ('shareupdateexclusivelock'), ('sharelock'),
                    ('sharerowexclusivelock'), ('exclusivelock'), ('accessexclusivelock'), ('sireadlock')) AS m(mode)
  LEFT JOIN pg_locks l ON l.database = d.oid AND lower(l.mode) = m.mode
 GROUP BY d.datname, m.mode ORDER BY d.datname, m.mode)";

class Locks final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override { return read_table(session, page, kSql, kTable); }
};

}  // namespace

extern const DatabaseCollector pg_locks_collector{
    .info = {.name = "pg_locks",
             .summary = "Locks held and awaited by database and mode, under the name of postgres_exporter.",
             .metrics = kTable.metrics()},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<Locks>};

}  // namespace finwatch::database
