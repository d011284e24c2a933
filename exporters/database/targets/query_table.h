// One statement whose answer is metrics: each column is a label or a family.
//
//   constexpr QueryColumn kColumns[] = {
//       {"datname", "datname"},                                                                      // a label
//       {"bytes", MetricType::gauge, "pg_database_size_bytes", "Disk space of a database, in bytes."},  // a family
//   };
//   const QueryTable kTable(kColumns);                                    // .metrics = kTable.metrics()
//   return read_table(session, page, "SELECT datname, pg_database_size(oid) AS bytes FROM pg_database", kTable);
//
// Every family has all labels, with `target` in front. NULL, what is no number, and a column that the answer does not have are
// no sample; a label's NULL is empty. The table owns its strings, so one can be filled from a configuration file too.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "database/collector.h"

namespace finwatch::database {

/// Views only: QueryTable copies what they show.
struct QueryColumn {
  std::string_view column;  // in the answer
  bool is_label = false;
  MetricType type = MetricType::gauge;
  std::string_view name;  // of the label, or the full name of the family
  std::string_view help;

  constexpr QueryColumn(std::string_view c, std::string_view label) : column(c), is_label(true), name(label) {}
  constexpr QueryColumn(std::string_view c, MetricType t, std::string_view n, std::string_view h)
      : column(c), type(t), name(n), help(h) {}
};

class QueryTable {
 public:
  explicit QueryTable(std::span<const QueryColumn> columns);
  QueryTable(const QueryTable&) = delete;
  QueryTable& operator=(const QueryTable&) = delete;

  /// For CollectorInfo::metrics. They point into the table.
  std::span<const MetricRef> metrics() const { return metrics_; }
  /// Family by family, each in one piece.
  void write(const SqlTable& rows, std::string_view target, MetricSink& sink) const;

 private:
  struct Label {
    std::string column;
    std::string name;
  };
  struct Value {
    std::string column;
    MetricType type;
    std::string name;
    std::string help;
  };
  std::vector<Label> labels_;
  std::vector<Value> values_;
  std::vector<std::string_view> label_names_;  // target, then those of labels_
  std::vector<MetricRef> metrics_;
};

/// Asks and writes.
Status read_table(Session& session, DatabasePage& page, std::string_view statement, const QueryTable& table);
/// The same for a statement that another collector of the lane asks as well.
Status read_shared_table(Session& session, DatabasePage& page, std::string_view statement, const QueryTable& table);

/// The families of several tables, for CollectorInfo::metrics.
std::vector<MetricRef> joined_metrics(std::initializer_list<std::span<const MetricRef>> lists);

}  // namespace finwatch::database
