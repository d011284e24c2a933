// SQL of the operator's own, from the configuration file: a statement, and which of its columns are labels and which are metrics.
//
//   queries:
//     - name: unposted
//       engines: [postgresql]
//       lane: medium
//       sql: SELECT maker, count(*) AS unposted FROM gl_voucher WHERE NOT posted GROUP BY maker
//       labels: [maker]
//       metrics:
//         - {column: unposted, name: ledger_unposted_vouchers, type: gauge, help: Vouchers that wait to be posted.}
//
// A mistake disables that query only: it is logged with file, line and column, and counted by finwatch_config_queries_disabled. What the server
// answers is checked too: a column that is missing or no number makes the collector fail with a message that names it.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/tree.h"
#include "database/collector.h"

namespace finwatch::database {

struct CustomQuery {
  struct Value {
    std::string column;
    std::string name;  // of the family
    MetricType type = MetricType::gauge;
    std::string help;
  };
  std::string name;
  std::string collector_name;  // "query_unposted", in finwatch_db_collector_success
  std::string sql;
  unsigned engines = kEveryEngine;
  int least_version = 0;  // as Sql::version()
  int most_version = 0;   // 0: any
  Lane lane = Lane::medium;
  std::chrono::nanoseconds timeout = std::chrono::seconds{5};
  std::size_t most_rows = 100;
  std::vector<std::string> labels;
  std::vector<Value> values;
  std::vector<std::string> targets;  // empty: all of its engines
};

struct CustomQueries {
  std::deque<CustomQuery> good;  // deque: rows point into them
  std::deque<DatabaseCollector> rows;
  std::vector<std::string> broken;  // names of those that were disabled
};

/// Reads the part `queries` of the file (nullptr: there is none).
CustomQueries read_queries(const Tree* queries, Log& log);

/// Asks one query and writes its families.
std::unique_ptr<Reader> make_custom_reader(const CustomQuery& query);

}  // namespace finwatch::database
