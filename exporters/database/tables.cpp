// No lock: what the catalogue and InnoDB's own lists say, never pg_table_size(), never a statement that opens a table.
#include <algorithm>

#include "database/collector.h"

namespace finwatch::database {
namespace {

constexpr FlagSpec kFlags[] = {{FlagKind::integer, "collector.tables.top", "20",
                                "How many of the largest tables are shown besides the ones that a target names."}};

constexpr MetricDesc kTables{MetricType::gauge, "finwatch_db_tables",
                             "Tables of the target's database (PostgreSQL) or of its server, where partitions are not counted.",
                             "target", "engine"};

// Every family of a table has these labels.
consteval MetricDesc<5> of_table(MetricType type, std::string_view name, std::string_view help) {
  return {type, name, help, "target", "engine", "database", "schema", "table"};
}
constexpr MetricDesc<5> kRows =
    of_table(MetricType::gauge, "finwatch_db_table_rows",
             "Rows with those of all partitions, an estimate from pg_class.reltuples or innodb_table_stats.");
constexpr MetricDesc<5> kBytes = of_table(
    MetricType::gauge, "finwatch_db_table_bytes",
    "Bytes with indexes and partitions, from pg_class.relpages (as of the last vacuum or analyze) or InnoDB's tablespaces.");
constexpr MetricDesc<5> kPartitioned =
    of_table(MetricType::gauge, "finwatch_db_table_partitioned", "1 if the table is partitioned, else 0.");
constexpr MetricDesc<5> kPartitions = of_table(MetricType::gauge, "finwatch_db_table_partitions",
                                               "Partitions that hold rows, 0 for a table that is not partitioned.");
constexpr MetricDesc<5> kNewestBound =
    of_table(MetricType::gauge, "finwatch_db_table_newest_partition_bound_timestamp_seconds",
             "Upper bound of the newest partition by range of dates, read as UTC; absent when it is MAXVALUE or no date.");
constexpr MetricDesc<5> kSequentialScans =
    of_table(MetricType::counter, "finwatch_db_table_sequential_scans_total",
             "Scans that read the whole table or a whole partition, from pg_stat_get_numscans.");
constexpr MetricDesc<5> kIndexScans = of_table(MetricType::counter, "finwatch_db_table_index_scans_total",
                                               "Scans of the table's indexes, from pg_stat_get_numscans.");
constexpr MetricDesc<5> kLastAnalyze =
    of_table(MetricType::gauge, "finwatch_db_table_last_analyze_timestamp_seconds",
             "When the table or one of its partitions was last analyzed, by hand or by the server; absent when never.");
constexpr MetricRef kMetrics[] = {kTables,          kRows,       kBytes,      kPartitioned, kPartitions, kNewestBound,
                                  kSequentialScans, kIndexScans, kLastAnalyze};

// {named} and {limit} are filled in. pg_get_expr() gets 0 for the table: with its number it would open the table, and wait.
// `counted`: -1 rows (before version 14: 0 rows on 0 pages) is "never", and then the 0 pages are not known either.
// No condition on a column of `part` stands beside a join of it: the planner would take the rows for few and join them one by one.
constexpr std::string_view kPostgresTables = R"(
WITH part AS (
  SELECT c.oid, CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid ELSE c.oid END AS root, n.nspname, c.relname, c.relkind = 'p' AS parent,
         c.reltuples, c.relpages, c.reltoastrelid, c.reltuples > 0 OR c.relpages > 0 OR c.reltuples = 0 AND v.known_zero AS counted
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN (SELECT current_setting('server_version_num')::int >= 140000 AS known_zero) v
   WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
), owned AS (
  SELECT o.owner, sum(k.relpages) AS pages
    FROM (SELECT oid AS owner, reltoastrelid AS relation FROM part
          UNION ALL SELECT part.oid, x.indexrelid FROM part JOIN pg_index x ON x.indrelid = part.oid
          UNION ALL SELECT part.oid, x.indexrelid FROM part JOIN pg_index x ON x.indrelid = part.reltoastrelid) o
    JOIN pg_class k ON k.oid = o.relation
   GROUP BY 1
), whole AS (
  SELECT root, sum(reltuples) FILTER (WHERE counted AND NOT parent) AS row_count,
         sum(relpages + coalesce(pages, 0)) FILTER (WHERE counted AND NOT parent) AS pages,
         count(*) FILTER (WHERE oid <> root AND NOT parent) AS partitions
    FROM part LEFT JOIN owned ON owner = oid GROUP BY root
), chosen AS (
  SELECT w.*, p.nspname, p.relname, p.parent AS partitioned, count(*) OVER () AS tables
    FROM whole w JOIN part p ON p.oid = w.root
   ORDER BY p.nspname || '.' || p.relname IN ({named}) DESC, w.pages DESC NULLS LAST, 1 LIMIT {limit}
), scans AS (
  SELECT l.root, sum(pg_stat_get_numscans(l.oid)) FILTER (WHERE NOT l.parent) AS sequential,
         sum((SELECT sum(pg_stat_get_numscans(x.indexrelid)) FROM pg_index x WHERE x.indrelid = l.oid)) FILTER (WHERE NOT l.parent) AS by_index,
         extract(epoch FROM max(greatest(pg_stat_get_last_analyze_time(l.oid), pg_stat_get_last_autoanalyze_time(l.oid)))) AS analyzed
    FROM part l JOIN chosen USING (root) GROUP BY 1
)
SELECT current_database(), nspname, relname, row_count, pages * current_setting('block_size')::bigint, partitioned::int, partitions,
       (SELECT CASE WHEN NOT bool_or(b.bound LIKE '%TO (MAXVALUE%') THEN max(CASE a.atttypid
                 WHEN 'timestamptz'::regtype THEN extract(epoch FROM b.upper_bound::timestamptz)
                 WHEN 'timestamp'::regtype THEN extract(epoch FROM b.upper_bound::timestamp)
                 WHEN 'date'::regtype THEN extract(epoch FROM b.upper_bound::date::timestamp) END) END
          FROM pg_partitioned_table p
          JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
          JOIN pg_inherits h ON h.inhparent = p.partrelid
          JOIN pg_class k ON k.oid = h.inhrelid,
               LATERAL (SELECT pg_get_expr(k.relpartbound, 0) AS bound,
                               substring(pg_get_expr(k.relpartbound, 0) FROM $$TO \('([^']+)'$$) AS upper_bound) b
         WHERE p.partrelid = root AND p.partstrat = 'r'),
       sequential, by_index, analyzed, tables
  FROM chosen LEFT JOIN scans USING (root) ORDER BY pages DESC NULLS LAST, 2, 3)";

// {spaces}: INNODB_TABLESPACES, on MariaDB INNODB_SYS_TABLESPACES. A partition is "db/table#p#name", on MariaDB "#P#"; InnoDB
// writes a dash as @002d there, and as itself in innodb_table_stats.
constexpr std::string_view kMysqlTables = R"(
SELECT s.db, '', s.tab, r.row_count, s.bytes, s.partitions > 0, s.partitions, NULL, NULL, NULL, r.analyzed, count(*) OVER ()
  FROM (SELECT db, substring_index(substring_index(whole, '#P#', 1), '#p#', 1) AS tab, sum(FILE_SIZE) AS bytes,
               sum(whole LIKE '%#p#%') AS partitions
          FROM (SELECT replace(substring_index(NAME, '/', 1), '@002d', '-') AS db, replace(substring_index(NAME, '/', -1), '@002d', '-') AS whole, FILE_SIZE
                  FROM information_schema.{spaces} WHERE NAME LIKE '%/%') n
         WHERE db NOT IN ('mysql', 'sys', 'performance_schema') GROUP BY 1, 2) s
  LEFT JOIN (SELECT database_name AS db, substring_index(substring_index(table_name, '#P#', 1), '#p#', 1) AS tab, sum(n_rows) AS row_count,
                    unix_timestamp(max(last_update)) AS analyzed
               FROM mysql.innodb_table_stats GROUP BY 1, 2) r ON r.db = s.db AND r.tab = s.tab
 ORDER BY concat(s.db, '.', s.tab) IN ({named}) DESC, s.bytes DESC, 1, 3 LIMIT {limit})";

// Days since year 0 and seconds since 1970 are told apart by the expression. Empty without a right to the table itself.
constexpr std::string_view kMysqlBound = R"(
SELECT CASE WHEN max(PARTITION_DESCRIPTION LIKE '%MAXVALUE%') = 0 THEN max(
         CASE WHEN PARTITION_EXPRESSION LIKE 'unix_timestamp(%' THEN PARTITION_DESCRIPTION + 0
              WHEN PARTITION_EXPRESSION LIKE 'to_days(%' THEN (PARTITION_DESCRIPTION - 719528) * 86400
              WHEN PARTITION_EXPRESSION LIKE 'year(%' THEN (to_days(makedate(PARTITION_DESCRIPTION, 1)) - 719528) * 86400
              WHEN PARTITION_METHOD = 'RANGE COLUMNS' AND PARTITION_DESCRIPTION LIKE '''____-__-__%'
              THEN (to_days(substring(PARTITION_DESCRIPTION, 2, 10)) - 719528) * 86400 END) END
  FROM information_schema.PARTITIONS
 WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = {table} AND PARTITION_METHOD IN ('RANGE', 'RANGE COLUMNS'))";

enum Column : std::size_t {
  database,
  schema,
  table,
  rows,
  bytes,
  partitioned,
  partitions,
  bound,
  sequential,
  index,
  analyzed,
  tables
};

std::string replaced(std::string_view text, std::string_view hole, std::string_view filling) {
  std::string made(text);
  if (const std::size_t at = made.find(hole); at != std::string::npos) made.replace(at, hole.size(), filling);
  return made;
}

// A literal that means the same whatever the server makes of a backslash: PostgreSQL's standard strings keep it, MySQL's do not.
std::string quoted(std::string_view text, bool backslash_escapes) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'' || (c == '\\' && backslash_escapes)) literal += c;
    literal += c;
  }
  return literal + "'";
}

class Tables final : public Reader {
 public:
  Tables(const Settings& settings, const TargetOptions& target)
      : top_(std::max<long long>(settings.integer("collector.tables.top"), 0)), named_(target.tables) {}

  Status read(Session& session, DatabasePage& page) override {
    const bool postgres = session.is_postgresql();
    std::string named;
    for (const std::string& name : named_) named += (named.empty() ? "" : ", ") + quoted(name, !postgres);
    std::string statement = replaced(postgres ? kPostgresTables : kMysqlTables, "{spaces}",
                                     session.is_mariadb() ? "INNODB_SYS_TABLESPACES" : "INNODB_TABLESPACES");
    statement = replaced(statement, "{limit}", std::to_string(top_ + static_cast<long long>(named_.size())));
    // Last, as a name may hold anything.
    statement = replaced(statement, "{named}", named.empty() ? "''" : named);
    if (Status status = session.query(statement); !status) return status;
    const SqlTable found = session.take_rows();  // the bounds are asked for beside it
    std::vector<std::optional<double>> bounds(found.rows());
    for (std::size_t row = 0; row < found.rows(); ++row) bounds[row] = found.number(row, Column::bound);
    if (!postgres)
      if (Status status = read_mysql_bounds(session, found, bounds); !status) return status;

    page.family(kTables).add(found.rows() == 0 ? 0 : found.number(0, Column::tables).value_or(0));
    add(page, kRows, found, Column::rows);
    add(page, kBytes, found, Column::bytes);
    add(page, kPartitioned, found, Column::partitioned);
    add(page, kPartitions, found, Column::partitions);
    auto newest = page.family(kNewestBound);
    for (std::size_t row = 0; row < found.rows(); ++row)
      if (bounds[row]) newest.add(*bounds[row], found.text(row, database), found.text(row, schema), found.text(row, table));
    add(page, kSequentialScans, found, Column::sequential);
    add(page, kIndexScans, found, Column::index);
    add(page, kLastAnalyze, found, Column::analyzed);
    return ok();
  }

 private:
  static void add(DatabasePage& page, const MetricDesc<5>& desc, const SqlTable& found, Column column) {
    auto family = page.family(desc);
    for (std::size_t row = 0; row < found.rows(); ++row)
      if (const auto number = found.number(row, column))
        family.add(*number, found.text(row, database), found.text(row, schema), found.text(row, table));
  }

  // MariaDB opens the table for this, and only where we have a right to it: a locked one costs lock_wait_timeout and its bound.
  static Status read_mysql_bounds(Session& session, const SqlTable& found, std::vector<std::optional<double>>& bounds) {
    for (std::size_t row = 0; row < found.rows(); ++row) {
      if (found.number(row, Column::partitioned) != 1) continue;
      const Status status = session.query(replaced(replaced(kMysqlBound, "{schema}", quoted(found.text(row, database), true)),
                                                   "{table}", quoted(found.text(row, table), true)));
      if (status && session.rows().rows() != 0) bounds[row] = session.rows().number(0, 0);
      if (!status && status.error().code == Errc::unavailable) return status;
    }
    return ok();
  }

  long long top_;
  std::vector<std::string> named_;
};

}  // namespace

extern const DatabaseCollector tables_collector{
    .info = {.name = "tables",
             .summary = "Rows, bytes, partitions and scans of the largest tables and of the named ones, from the catalogue and "
                        "without a lock.",
             .metrics = kMetrics,
             .flags = kFlags},
    .lane = Lane::slow,
    .make = make_reader<Tables>};

}  // namespace finwatch::database
