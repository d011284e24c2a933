#include "database/targets/query_table.h"

#include <optional>

namespace finwatch::database {

QueryTable::QueryTable(std::span<const QueryColumn> columns) {
  for (const QueryColumn& column : columns)
    if (column.is_label)
      labels_.push_back({std::string(column.column), std::string(column.name)});
    else
      values_.push_back({std::string(column.column), column.type, std::string(column.name), std::string(column.help)});
  label_names_.emplace_back("target");
  for (const Label& label : labels_) label_names_.emplace_back(label.name);
  for (const Value& value : values_) {
    MetricRef metric;
    metric.type = value.type;
    metric.name = value.name;
    metric.help = value.help;
    metric.labels = label_names_;
    metrics_.push_back(metric);
  }
}

void QueryTable::write(const SqlTable& rows, std::string_view target, MetricSink& sink) const {
  std::vector<std::optional<std::size_t>> places;
  for (const Label& label : labels_) places.push_back(rows.column(label.column));
  std::vector<LabelPair> pairs{{"target", target}};
  for (const Label& label : labels_) pairs.push_back({label.name, {}});
  for (const Value& value : values_) {
    const auto at = rows.column(value.column);
    if (!at) continue;
    bool open = false;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto number = rows.number(row, *at);
      if (!number) continue;
      if (!open) sink.open_family(value.type, value.name, value.help);
      open = true;
      for (std::size_t i = 0; i < places.size(); ++i)
        pairs[i + 1].value = places[i] ? rows.text(row, *places[i]) : std::string_view{};
      sink.add_sample("", pairs, *number);
    }
  }
}

Status read_table(Session& session, DatabasePage& page, std::string_view statement, const QueryTable& table) {
  if (Status status = session.query(statement); !status) return status;
  table.write(session.rows(), page.target(), page.sink());
  return ok();
}

Status read_shared_table(Session& session, DatabasePage& page, std::string_view statement, const QueryTable& table) {
  const auto rows = session.shared(statement);
  if (!rows) return rows.error();
  table.write(**rows, page.target(), page.sink());
  return ok();
}

std::vector<MetricRef> joined_metrics(std::initializer_list<std::span<const MetricRef>> lists) {
  std::vector<MetricRef> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace finwatch::database
