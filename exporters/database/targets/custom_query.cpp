#include "database/targets/custom_query.h"

#include <algorithm>
#include <set>

#include "conf/yaml.h"
#include "core/text.h"
#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr std::string_view kReserved[] = {"finwatch_", "pg_", "mysql_", "process_", "scrape_"};

bool is_snake_case(std::string_view text) {
  return !text.empty() && text.size() <= 100 && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_reserved(std::string_view name) {
  return std::any_of(std::begin(kReserved), std::end(kReserved),
                     [&](std::string_view start) { return name.starts_with(start); });
}

// "15", "10.11", "8.0.36" as Sql::version() has it; -1 when it is none.
int version_number(std::string_view text, bool postgres) {
  int parts[3] = {};
  FieldReader words(text, '.');
  for (int i = 0; i < 3 && !words.done(); ++i) {
    const auto part = to_number<int>(words.next());
    if (!part || *part < 0 || *part > 999) return -1;
    parts[i] = *part;
  }
  return words.done() ? parts[0] * 10000 + (postgres ? parts[1] : parts[1] * 100 + parts[2]) : -1;
}

void read_engines(MapReader& reader, CustomQuery& query) {
  const std::vector<std::string> engines = reader.texts("engines");
  if (!engines.empty()) query.engines = 0;
  for (const std::string& engine : engines) {
    const unsigned bit = engine == "postgresql" ? unsigned{kPostgresql}
                         : engine == "mysql"    ? unsigned{kMysql}
                         : engine == "mariadb"  ? unsigned{kMariadb}
                                                : 0;
    if (bit == 0) reader.fail("engines", "engines: expected postgresql, mysql or mariadb, found '" + engine + "'");
    query.engines |= bit;
  }
  for (const auto& [key, where] :
       {std::pair{"min_version", &query.least_version}, std::pair{"max_version", &query.most_version}}) {
    const std::string text = reader.text(key);
    if (text.empty()) continue;
    *where = version_number(text, query.engines == kPostgresql);
    if (*where < 0) reader.fail(key, std::string(key) + ": expected a version such as 15 or 10.11, found '" + text + "'");
  }
}

void read_value(MapReader& all, const Tree& map, const std::string& path, CustomQuery& query) {
  if (map.kind != Tree::Kind::map) return all.fail(map, path + ": expected a map with column, name, type, help");
  MapReader reader(map, path);
  CustomQuery::Value value;
  value.column = reader.required_text("column");
  value.name = reader.required_text("name");
  const std::string type = reader.text("type", "gauge");
  value.type = type == "counter" ? MetricType::counter : MetricType::gauge;
  value.help = reader.required_text("help");
  if (type != "gauge" && type != "counter") reader.fail("type", "type: expected gauge or counter, found '" + type + "'");
  if (!value.name.empty() && !is_snake_case(value.name))
    reader.fail("name", "name: expected snake_case, found '" + value.name + "'");
  if (is_reserved(value.name))
    reader.fail("name", "name: '" + value.name + "' begins as the exporter's own metrics do; take another word");
  if (value.type == MetricType::counter && !value.name.ends_with("_total"))
    reader.fail("name", "name: a counter ends in _total");
  if (Status status = reader.finish(); !status) return all.fail(map, status.error().message);
  query.values.push_back(std::move(value));
}

Status read_query(const Tree& map, const std::string& path, CustomQuery& query) {
  if (map.kind != Tree::Kind::map)
    return {Errc::config, map.where.text() + ": " + path + ": expected a map with name, sql, metrics"};
  MapReader reader(map, path);
  query.name = reader.required_text("name");
  query.collector_name = "query_" + query.name;
  if (!query.name.empty() && !is_snake_case(query.name))
    reader.fail("name", "name: expected snake_case, found '" + query.name + "'");
  query.sql = reader.required_text("sql");
  read_engines(reader, query);
  const std::string lane = reader.text("lane", "medium");
  query.lane = lane == "fast" ? Lane::fast : lane == "slow" ? Lane::slow : Lane::medium;
  if (lane != "fast" && lane != "medium" && lane != "slow")
    reader.fail("lane", "lane: expected fast, medium or slow, found '" + lane + "'");
  query.timeout = reader.duration("timeout", query.timeout);
  query.most_rows = static_cast<std::size_t>(reader.integer("limit", 100, 1, 10'000));
  query.targets = reader.texts("targets");
  query.labels = reader.texts("labels");
  for (const std::string& label : query.labels)
    if (!is_snake_case(label) || label.starts_with("__") || label == "target" || label == "le")
      reader.fail("labels", "labels: '" + label + "' cannot be a label here: snake_case, not 'target', not 'le'");
  const Tree* values = reader.list("metrics");
  if (values == nullptr || values->items.empty()) reader.fail(map, "metrics is missing: which column is which metric");
  for (std::size_t i = 0; values != nullptr && i < values->items.size(); ++i)
    read_value(reader, values->items[i], path + ".metrics[" + std::to_string(i) + "]", query);
  return reader.finish();
}

class CustomReader final : public Reader {
 public:
  explicit CustomReader(const CustomQuery& query) : query_(query), table_(columns_of(query)) {}

  Status read(Session& session, DatabasePage& page) override {
    const auto& only = query_.targets;
    if (!only.empty() && std::find(only.begin(), only.end(), session.target().name) == only.end()) return Errc::no_data;
    if (session.version() < query_.least_version) return Errc::no_data;
    if (query_.most_version != 0 && session.version() / 100 > query_.most_version / 100) return Errc::no_data;
    session.deadline =
        std::min(session.deadline, session.clock().steady() + std::chrono::duration_cast<SteadyTime::duration>(query_.timeout));
    if (Status status = session.query(query_.sql); !status) return status;
    if (Status status = check(session.rows()); !status) return status;
    table_.write(session.rows(), page.target(), page.sink());
    return ok();
  }

 private:
  static std::vector<QueryColumn> columns_of(const CustomQuery& query) {
    std::vector<QueryColumn> columns;
    for (const std::string& label : query.labels) columns.emplace_back(label, label);
    for (const CustomQuery::Value& value : query.values) columns.emplace_back(value.column, value.type, value.name, value.help);
    return columns;
  }

  // QueryTable takes what it finds; an operator wants to hear what is missing.
  Status check(const SqlTable& rows) const {
    if (rows.rows() > query_.most_rows)
      return wrong(std::to_string(rows.rows()) + " rows are more than its limit of " + std::to_string(query_.most_rows));
    std::vector<std::size_t> labels;
    for (const std::string& label : query_.labels) {
      const auto column = rows.column(label);
      if (!column) return wrong("the answer has no column '" + label + "'");
      labels.push_back(*column);
    }
    std::set<std::string> seen;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      std::string key;
      for (const std::size_t column : labels) key.append(rows.text(row, column)).push_back('\0');
      if (!seen.insert(std::move(key)).second) return wrong("two rows have the same labels; group by them");
    }
    for (const CustomQuery::Value& value : query_.values) {
      const auto column = rows.column(value.column);
      if (!column) return wrong("the answer has no column '" + value.column + "'");
      for (std::size_t row = 0; row < rows.rows(); ++row)
        if (!rows.is_null(row, *column) && !rows.number(row, *column))
          return wrong("column '" + value.column + "' is no number: '" + std::string(rows.text(row, *column).substr(0, 40)) +
                       "'");
    }
    return ok();
  }
  Status wrong(const std::string& what) const { return {Errc::malformed, "query '" + query_.name + "': " + what}; }

  const CustomQuery& query_;
  const QueryTable table_;
};

}  // namespace

CustomQueries read_queries(const Tree* queries, Log& log) {
  CustomQueries read;
  std::set<std::string> families;
  for (std::size_t i = 0; queries != nullptr && i < queries->items.size(); ++i) {
    CustomQuery query;
    Status status = read_query(queries->items[i], "queries[" + std::to_string(i) + "]", query);
    const std::string where = queries->items[i].where.text();
    if (status &&
        std::any_of(read.good.begin(), read.good.end(), [&](const CustomQuery& other) { return other.name == query.name; }))
      status = {Errc::config, where + ": a second query is called '" + query.name + "'"};
    for (const CustomQuery::Value& value : query.values)
      if (status && !families.insert(value.name).second)
        status = {Errc::config, where + ": a second metric is called '" + value.name + "'"};
    if (!status) {
      read.broken.push_back(query.name.empty() ? "queries[" + std::to_string(i) + "]" : query.name);
      log.error("a query is disabled", {{"query", read.broken.back()}, {"error", status.error().message}});
      continue;
    }
    read.good.push_back(std::move(query));
  }
  for (const CustomQuery& query : read.good)
    read.rows.push_back({.info = {.name = query.collector_name, .summary = "SQL of the operator's own."},
                         .lane = query.lane,
                         .engines = query.engines,
                         .make = [&query](const Settings&, const TargetOptions&) { return make_custom_reader(query); }});
  return read;
}

std::unique_ptr<Reader> make_custom_reader(const CustomQuery& query) { return std::make_unique<CustomReader>(query); }

}  // namespace finwatch::database
