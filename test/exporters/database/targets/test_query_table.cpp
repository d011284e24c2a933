#include "database/targets/query_table.h"

#include "support/catch.h"
#include "support/fake_sql.h"

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::QueryColumn;
using finwatch::database::QueryTable;

namespace {

SqlTable books() {
  SqlTable rows;
  for (const char* name : {"book", "lines", "open", "not asked for"}) rows.add_column(name);
  for (const char* cell : {"led\"ger", "12", "t", "9"}) rows.add_cell(cell);
  rows.add_null();
  rows.add_cell("7");
  rows.add_null();
  rows.add_cell("9");
  return rows;
}

}  // namespace

TEST_CASE("query table: each family in one piece, NULL is no sample and an empty label") {
  constexpr QueryColumn kColumns[] = {{"book", "book"},
                                      {"lines", MetricType::counter, "pg_lines_total", "Lines of a book."},
                                      {"open", MetricType::gauge, "pg_open", "Whether a book is open."},
                                      {"missing", MetricType::gauge, "pg_missing", "Not in the answer."}};
  const QueryTable table(kColumns);
  MetricSink sink;
  table.write(books(), "nc", sink);
  CHECK(sink.samples() == R"(pg_lines_total{target="nc",book="led\"ger"} 12
pg_lines_total{target="nc",book=""} 7
pg_open{target="nc",book="led\"ger"} 1
)");
  CHECK(sink.series() == 3);
}

TEST_CASE("query table: it owns its strings and tells its families") {
  std::string column = "lines";
  std::string name = "custom_lines_with_a_name_that_no_small_buffer_holds";
  const QueryColumn columns[] = {{"book", "a_label_that_no_small_buffer_holds_either"},
                                 {column, MetricType::counter, name, "Lines."}};
  const QueryTable table(columns);
  column.assign(column.size(), 'x');
  name.assign(name.size(), 'x');
  REQUIRE(table.metrics().size() == 1);
  const MetricRef& metric = table.metrics()[0];
  CHECK(metric.type == MetricType::counter);
  CHECK(metric.name == "custom_lines_with_a_name_that_no_small_buffer_holds");
  CHECK(metric.help == "Lines.");
  REQUIRE(metric.labels.size() == 2);
  CHECK(metric.labels[0] == "target");
  CHECK(metric.labels[1] == "a_label_that_no_small_buffer_holds_either");
  MetricSink sink;
  table.write(books(), "nc", sink);
  CHECK(sink.series() == 2);
}

TEST_CASE("query table: an answer without rows or columns writes nothing") {
  constexpr QueryColumn kColumns[] = {{"lines", MetricType::gauge, "pg_lines", "Lines."}};
  const QueryTable table(kColumns);
  MetricSink sink;
  table.write(SqlTable{}, "nc", sink);
  CHECK(sink.empty());
}
