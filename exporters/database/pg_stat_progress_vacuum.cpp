#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kPhase{Established{},
                            MetricType::gauge,
                            "pg_stat_progress_vacuum_phase",
                            "1 for the phase in which a running vacuum is, 0 for the others, from pg_stat_progress_vacuum.",
                            "target",
                            "datname",
                            "relname",
                            "phase"};
constexpr std::string_view kPhases[] = {"initializing",        "scanning heap",   "vacuuming indexes",       "vacuuming heap",
                                        "cleaning up indexes", "truncating heap", "performing final cleanup"};

constexpr QueryColumn kColumns[] = {
    {"datname", "datname"},
    {"relname", "relname"},
    {"heap_blks_total", MetricType::gauge, "pg_stat_progress_vacuum_heap_blks",
     "Blocks of the table when the vacuum began, from pg_stat_progress_vacuum."},
    {"heap_blks_scanned", MetricType::gauge, "pg_stat_progress_vacuum_heap_blks_scanned",
     "Blocks that the vacuum has looked at, from pg_stat_progress_vacuum."},
    {"heap_blks_vacuumed", MetricType::gauge, "pg_stat_progress_vacuum_heap_blks_vacuumed",
     "Blocks that the vacuum has cleaned, from pg_stat_progress_vacuum."},
    {"index_vacuum_count", MetricType::gauge, "pg_stat_progress_vacuum_index_vacuums",
     "Times that the vacuum went over the indexes, from pg_stat_progress_vacuum."},
    {"max_dead_tuples", MetricType::gauge, "pg_stat_progress_vacuum_max_dead_tuples",
     "Dead rows for which the vacuum has room, from pg_stat_progress_vacuum; PostgreSQL 17 counts that room in bytes: no "
     "sample."},
    {"num_dead_tuples", MetricType::gauge, "pg_stat_progress_vacuum_num_dead_tuples",
     "Dead rows since the vacuum last went over the indexes, from pg_stat_progress_vacuum (num_dead_item_ids since 17)."},
};
const QueryTable kTable(kColumns);
const std::vector<MetricRef> kMetrics = [] {
  std::vector<MetricRef> all{MetricRef(kPhase)};
  all.insert(all.end(), kTable.metrics().begin(), kTable.metrics().end());
  return all;
}();

constexpr int kFirstInBytes = 170000;
// A table of another database has a number for us, and no name.
constexpr std::string_view kSql = R"(
SELECT datname, CASE WHEN datname = current_database() THEN relid::regclass::text ELSE relid::text END AS relname, phase,
       heap_blks_total, heap_blks_scanned, heap_blks_vacuumed, index_vacuum_count, {dead}
  FROM pg_stat_progress_vacuum ORDER BY 1, 2)";

std::string statement_for(int version) {
  constexpr std::string_view kHole = "{dead}";
  std::string statement(kSql);
  return statement.replace(
      statement.find(kHole), kHole.size(),
      version < kFirstInBytes ? "max_dead_tuples, num_dead_tuples" : "num_dead_item_ids AS num_dead_tuples");
}

class VacuumProgress final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    if (Status status = read_table(session, page, statement_for(session.version()), kTable); !status) return status;
    const SqlTable& rows = session.rows();
    auto phases = page.established(kPhase);
    for (std::size_t row = 0; row < rows.rows(); ++row)
      for (const std::string_view phase : kPhases)
        phases.add(rows.text(row, kPhaseColumn) == phase ? 1 : 0, rows.text(row, 0), rows.text(row, 1), phase);
    return ok();
  }

 private:
  static constexpr std::size_t kPhaseColumn = 2;
};

}  // namespace

extern const DatabaseCollector pg_stat_progress_vacuum_collector{
    .info = {.name = "pg_stat_progress_vacuum",
             .summary = "How far each running vacuum is, under the names of postgres_exporter.",
             .metrics = kMetrics},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<VacuumProgress>};

}  // namespace finwatch::database
