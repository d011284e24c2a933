#include "conf/yaml.h"
#include "core/exposition.h"
#include "database/targets/custom_query.h"
#include "support/catch.h"
#include "support/fake_sql.h"
#include "support/page_check.h"

using namespace finwatch;
using namespace finwatch::database;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

class RememberingLog final : public Log {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel, std::string_view message, LogFields fields) override {
    text.append(message);
    for (const LogField& field : fields) text.append(" ").append(field.key).append("=").append(field.value);
    text.append("\n");
  }
  std::string text;
};

struct FromFile {
  explicit FromFile(const std::string& text)
      : tree(*parse_yaml(text, "db.yml")), queries(read_queries(tree.find("queries"), log)) {}
  RememberingLog log;
  Tree tree;
  CustomQueries queries;
};

constexpr const char* kUnposted = R"(queries:
  - name: unposted
    engines: [postgresql]
    min_version: 12
    lane: slow
    timeout: 2s
    sql: SELECT maker, unposted, oldest FROM v
    labels: [maker]
    metrics:
      - {column: unposted, name: ledger_unposted_vouchers, help: Vouchers that wait to be posted.}
      - {column: posted, name: ledger_posted_vouchers_total, type: counter, help: Vouchers posted so far.}
)";

}  // namespace

TEST_CASE("custom query: its rows become families, NULL is no sample, labels are escaped") {
  FromFile file(kUnposted);
  REQUIRE(file.queries.good.size() == 1);
  CHECK(file.queries.rows[0].lane == Lane::slow);
  CHECK(file.queries.rows[0].info.name == "query_unposted");
  FakeServer server(Engine::postgresql, 150000);
  server.answer("FROM v", {"maker", "unposted", "posted"}, {{"li \"x\"", "3", "10"}, {"wang", kNull, "20"}});
  const Collected got = read_once(file.queries.rows[0], server);
  REQUIRE(got.status);
  CHECK(got.page == R"(# HELP ledger_unposted_vouchers Vouchers that wait to be posted.
# TYPE ledger_unposted_vouchers gauge
ledger_unposted_vouchers{target="nc",maker="li \"x\""} 3
# HELP ledger_posted_vouchers_total Vouchers posted so far.
# TYPE ledger_posted_vouchers_total counter
ledger_posted_vouchers_total{target="nc",maker="li \"x\""} 10
ledger_posted_vouchers_total{target="nc",maker="wang"} 20
)");
}

TEST_CASE("custom query: what the server answers is checked, and the message names query, column and value") {
  FromFile file(kUnposted);
  FakeServer server(Engine::postgresql, 150000);
  const auto error = [&] { return read_once(file.queries.rows[0], server).status.error().message; };
  server.answer("FROM v", {"maker", "unposted"}, {{"li", "3"}});
  CHECK_THAT(error(), Contains("'unposted': the answer has no column 'posted'"));
  server.answer("FROM v", {"maker", "unposted", "posted"}, {{"li", "many", "1"}});
  CHECK_THAT(error(), Contains("column 'unposted' is no number: 'many'"));
  server.answer("FROM v", {"maker", "unposted", "posted"}, {{"li", "1", "1"}, {"li", "2", "2"}});
  CHECK_THAT(error(), Contains("two rows have the same labels"));
  server.answer("FROM v", {"maker", "unposted", "posted"},
                std::vector<FakeServer::Cells>(101, FakeServer::Cells{"li", "1", "1"}));
  CHECK_THAT(error(), Contains("101 rows are more than its limit of 100"));
  server.refuse("FROM v", Errc::permission);
  CHECK(read_once(file.queries.rows[0], server).status.error().code == Errc::permission);
}

TEST_CASE("custom query: only on the versions and targets that it is for") {
  FromFile file(kUnposted);
  FakeServer old(Engine::postgresql, 110005);
  CHECK(read_once(file.queries.rows[0], old).status.error().code == Errc::no_data);
  CHECK(old.asked.empty());
  FromFile narrow(
      "queries:\n  - {name: a, sql: SELECT x, targets: [other], max_version: 10.11, engines: [mariadb], metrics: [{column: x, "
      "name: x_rows, help: X.}]}\n");
  REQUIRE(narrow.queries.good.size() == 1);
  FakeServer server(Engine::mariadb, 101119);
  server.answer("SELECT x", {"x"}, {{"1"}});
  CHECK(read_once(narrow.queries.rows[0], server).status.error().code == Errc::no_data);
  TargetOptions other;
  other.name = "other";
  CHECK(read_once(narrow.queries.rows[0], server, {}, other).status);
  FakeServer newer(Engine::mariadb, 110800);
  CHECK(read_once(narrow.queries.rows[0], newer, {}, other).status.error().code == Errc::no_data);
}

TEST_CASE("custom query: a mistake disables that query only, with line and column in the log") {
  const auto said = [](const std::string& middle) {
    FromFile file("queries:\n  - {name: good, sql: SELECT 1, metrics: [{column: x, name: good_rows, help: Good.}]}\n  - " +
                  middle + "\n");
    CHECK(file.queries.good.size() == 1);
    CHECK(file.queries.broken.size() == 1);
    return file.log.text;
  };
  const std::string metrics = "metrics: [{column: x, name: x_rows, help: X.}]";
  CHECK_THAT(said("{name: b, sql: SELECT 1, metric: []}"), Contains("db.yml:3:") && Contains("metrics"));
  CHECK_THAT(said("{name: b, " + metrics + "}"), Contains("sql"));
  CHECK_THAT(said("{name: B, sql: x, " + metrics + "}"), Contains("expected snake_case, found 'B'"));
  CHECK_THAT(said("{name: good, sql: x, " + metrics + "}"), Contains("a second query is called 'good'"));
  CHECK_THAT(said("{name: b, sql: x, engines: [oracle], " + metrics + "}"), Contains("found 'oracle'"));
  CHECK_THAT(said("{name: b, sql: x, lane: quick, " + metrics + "}"), Contains("expected fast, medium or slow, found 'quick'"));
  CHECK_THAT(said("{name: b, sql: x, min_version: new, " + metrics + "}"), Contains("expected a version"));
  CHECK_THAT(said("{name: b, sql: x, labels: [target], " + metrics + "}"), Contains("'target' cannot be a label"));
  CHECK_THAT(said("{name: b, sql: x, metrics: [{column: x, name: pg_up, help: X.}]}"),
             Contains("begins as the exporter's own"));
  CHECK_THAT(said("{name: b, sql: x, metrics: [{column: x, name: y, type: counter, help: X.}]}"),
             Contains("a counter ends in _total"));
  CHECK_THAT(said("{name: b, sql: x, metrics: [{column: x, name: good_rows, help: X.}]}"),
             Contains("a second metric is called 'good_rows'"));
  CHECK_THAT(said("{name: b, sql: x, metrics: [{column: x, name: y, help: X., unit: s}]}"), Contains("unit"));
  CHECK_THAT(said("just text"), Contains("expected a map"));
}
