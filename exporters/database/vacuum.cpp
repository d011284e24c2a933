#include "database/collector.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kAge{MetricType::gauge,
                          "finwatch_db_wraparound_age_transactions",
                          "Transactions since the oldest row of a database that is not frozen, from age(datfrozenxid).",
                          "target",
                          "engine",
                          "database"};
constexpr MetricDesc kMultixactAge{MetricType::gauge,
                                   "finwatch_db_wraparound_age_multixacts",
                                   "Multixacts since the oldest one that a database still holds, from mxid_age(datminmxid).",
                                   "target",
                                   "engine",
                                   "database"};
constexpr MetricDesc kForced{MetricType::gauge,
                             "finwatch_db_wraparound_forced_age",
                             "Age at which a vacuum is forced (of: transactions, multixacts), from autovacuum_freeze_max_age "
                             "and autovacuum_multixact_freeze_max_age.",
                             "target",
                             "engine",
                             "of"};
constexpr MetricDesc kLimit{MetricType::gauge, "finwatch_db_wraparound_limit",
                            "Age at which the server refuses to write, in transactions or multixacts: 2^31 less a reserve.",
                            "target", "engine"};
constexpr MetricDesc kDeadRows{
    MetricType::gauge,
    "finwatch_db_dead_rows",
    "Rows that wait for a vacuum in the ten tables with the most of them, an estimate from n_dead_tup.",
    "target",
    "engine",
    "database",
    "schema",
    "table"};
constexpr MetricDesc kLastVacuum{MetricType::gauge,
                                 "finwatch_db_last_vacuum_timestamp_seconds",
                                 "When one of those tables was last vacuumed, by hand or by the server; absent when never.",
                                 "target",
                                 "engine",
                                 "database",
                                 "schema",
                                 "table"};
constexpr MetricDesc kRunning{MetricType::gauge,
                              "finwatch_db_vacuums_running",
                              "Vacuums that run now in a database, from pg_stat_progress_vacuum.",
                              "target",
                              "engine",
                              "database"};
constexpr MetricDesc kWorkers{MetricType::gauge, "finwatch_db_vacuum_workers_limit",
                              "Vacuums that the server runs at once by itself, from autovacuum_max_workers.", "target",
                              "engine"};
constexpr MetricRef kMetrics[] = {kAge, kMultixactAge, kForced, kLimit, kDeadRows, kLastVacuum, kRunning, kWorkers};

constexpr std::string_view kAges = R"(
SELECT d.datname, age(d.datfrozenxid), mxid_age(d.datminmxid), (SELECT count(*) FROM pg_stat_progress_vacuum v WHERE v.datid = d.oid)
  FROM pg_database d ORDER BY 1)";
constexpr std::string_view kSettings = R"(
SELECT current_setting('autovacuum_freeze_max_age'), current_setting('autovacuum_multixact_freeze_max_age'), current_setting('autovacuum_max_workers'))";
constexpr std::string_view kWorst = R"(
SELECT current_database(), nspname, relname, dead, extract(epoch FROM greatest(pg_stat_get_last_vacuum_time(oid), pg_stat_get_last_autovacuum_time(oid)))
  FROM (SELECT c.oid, n.nspname, c.relname, pg_stat_get_dead_tuples(c.oid) AS dead FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')) t
 WHERE dead > 0 ORDER BY dead DESC, 2, 3 LIMIT 10)";

class Vacuum final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    const SqlTable& rows = session.rows();
    if (Status status = session.query(kAges); !status) return status;
    const auto add_column = [&](const auto& desc, std::size_t column) {
      auto family = page.family(desc);
      for (std::size_t row = 0; row < rows.rows(); ++row)
        if (const auto number = rows.number(row, column)) family.add(*number, rows.text(row, 0));
    };
    add_column(kAge, 1);
    add_column(kMultixactAge, 2);
    add_column(kRunning, 3);

    if (Status status = session.query(kSettings); !status) return status;
    if (rows.rows() != 0) {
      auto forced = page.family(kForced);
      if (const auto age = rows.number(0, 0)) forced.add(*age, "transactions");
      if (const auto age = rows.number(0, 1)) forced.add(*age, "multixacts");
      if (const auto workers = rows.number(0, 2)) page.family(kWorkers).add(*workers);
    }
    // SetTransactionIdLimit(): the last 3,000,000 numbers are for an administrator alone. Version 13 and before kept 1,000,000.
    constexpr double kNumbers = 2147483648.0;
    page.family(kLimit).add(kNumbers - (session.version() >= 140000 ? 3'000'000 : 1'000'000));

    if (Status status = session.query(kWorst); !status) return status;
    const auto add_tables = [&](const auto& desc, std::size_t column) {
      auto family = page.family(desc);
      for (std::size_t row = 0; row < rows.rows(); ++row)
        if (const auto number = rows.number(row, column))
          family.add(*number, rows.text(row, 0), rows.text(row, 1), rows.text(row, 2));
    };
    add_tables(kDeadRows, 3);
    add_tables(kLastVacuum, 4);
    return ok();
  }
};

}  // namespace

extern const DatabaseCollector vacuum_collector{
    .info = {.name = "vacuum",
             .summary = "How far PostgreSQL is from running out of transaction numbers, dead rows of the worst tables, and "
                        "running vacuums.",
             .metrics = kMetrics},
    .lane = Lane::medium,
    .engines = kPostgresql,
    .make = make_reader<Vacuum>};

}  // namespace finwatch::database
