#include "database/targets/shared_statements.h"

namespace finwatch::database {

// pg_database_size() counts the files of the database: that is what puts it into the slow lane. It is refused for a database that
// we may neither connect to nor read statistics of.
constinit const std::string_view kDatabaseSizes = R"(
SELECT d.datname, CASE WHEN has_database_privilege(d.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(d.oid) END AS size_bytes,
       d.datconnlimit AS connection_limit, s.temp_bytes, s.temp_files
  FROM pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid ORDER BY 1)";

namespace {

// What the two views compute, in one pass over the catalogue and for the chosen tables alone: the views join it anew, each for
// itself and for every table. pg_table_size() and pg_indexes_size() look at each file, take a lock and wait behind ALTER TABLE:
// relpages costs nothing and never waits. Sums are float8, as we read them: sums of bigint are numeric. (SELECT …) is worked out
// once, not for each row. A TOAST table has one valid index. A partitioned table has rows to vacuum and analyze, and no blocks.
constexpr std::string_view kUserTables = R"(
WITH chosen AS (
  SELECT c.oid, n.nspname, c.relname, greatest(c.relpages, 0)::bigint AS pages, c.reltoastrelid, CASE WHEN c.relkind <> 'p' THEN c.oid END AS stored
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
   ORDER BY 4 DESC, 1{limit}
), indexes AS (
  SELECT x.indrelid, sum(k.relpages) AS pages, sum(pg_stat_get_numscans(k.oid)::float8) AS scans,
         sum(pg_stat_get_tuples_fetched(k.oid)::float8) AS fetched,
         sum(pg_stat_get_blocks_fetched(k.oid)::float8) FILTER (WHERE k.relkind = 'i') AS blocks,
         sum(pg_stat_get_blocks_hit(k.oid)::float8) FILTER (WHERE k.relkind = 'i') AS blocks_hit
    FROM chosen JOIN pg_index x ON x.indrelid = chosen.oid JOIN pg_class k ON k.oid = x.indexrelid
   GROUP BY 1
)
SELECT (SELECT current_database()) AS datname, c.nspname AS schemaname, c.relname,
       pg_stat_get_numscans(c.oid) AS seq_scan, pg_stat_get_tuples_returned(c.oid) AS seq_tup_read, i.scans AS idx_scan,
       i.fetched + pg_stat_get_tuples_fetched(c.oid) AS idx_tup_fetch, pg_stat_get_tuples_inserted(c.oid) AS n_tup_ins,
       pg_stat_get_tuples_updated(c.oid) AS n_tup_upd, pg_stat_get_tuples_deleted(c.oid) AS n_tup_del,
       pg_stat_get_tuples_hot_updated(c.oid) AS n_tup_hot_upd, pg_stat_get_live_tuples(c.oid) AS n_live_tup,
       pg_stat_get_dead_tuples(c.oid) AS n_dead_tup, pg_stat_get_mod_since_analyze(c.oid) AS n_mod_since_analyze,
       extract(epoch FROM pg_stat_get_last_vacuum_time(c.oid)) AS last_vacuum,
       extract(epoch FROM pg_stat_get_last_autovacuum_time(c.oid)) AS last_autovacuum,
       extract(epoch FROM pg_stat_get_last_analyze_time(c.oid)) AS last_analyze,
       extract(epoch FROM pg_stat_get_last_autoanalyze_time(c.oid)) AS last_autoanalyze,
       pg_stat_get_vacuum_count(c.oid) AS vacuum_count, pg_stat_get_autovacuum_count(c.oid) AS autovacuum_count,
       pg_stat_get_analyze_count(c.oid) AS analyze_count, pg_stat_get_autoanalyze_count(c.oid) AS autoanalyze_count,
       block.size * coalesce(i.pages, 0) AS index_size_bytes, block.size * (c.pages + coalesce(t.relpages, 0)) AS table_size_bytes,
       pg_stat_get_blocks_fetched(stored) - pg_stat_get_blocks_hit(stored) AS heap_blocks_read, pg_stat_get_blocks_hit(stored) AS heap_blocks_hit,
       i.blocks - i.blocks_hit AS idx_blocks_read, i.blocks_hit AS idx_blocks_hit,
       pg_stat_get_blocks_fetched(t.oid) - pg_stat_get_blocks_hit(t.oid) AS toast_blocks_read, pg_stat_get_blocks_hit(t.oid) AS toast_blocks_hit,
       pg_stat_get_blocks_fetched(tx.indexrelid) - pg_stat_get_blocks_hit(tx.indexrelid) AS tidx_blocks_read,
       pg_stat_get_blocks_hit(tx.indexrelid) AS tidx_blocks_hit
  FROM chosen c LEFT JOIN indexes i ON i.indrelid = c.oid
  LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
  LEFT JOIN pg_index tx ON tx.indrelid = c.reltoastrelid AND tx.indisvalid
  CROSS JOIN (SELECT current_setting('block_size')::bigint AS size OFFSET 0) block
 ORDER BY c.pages DESC, c.oid)";

}  // namespace

std::string user_tables_statement(long long top) {
  constexpr std::string_view kHole = "{limit}";
  std::string statement(kUserTables);
  return statement.replace(statement.find(kHole), kHole.size(), top > 0 ? " LIMIT " + std::to_string(top) : std::string());
}

}  // namespace finwatch::database
