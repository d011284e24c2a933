#include "workflow/check/check.h"

#include "conf/yaml.h"
#include "support/catch.h"
#include "support/changed.h"
#include "support/collector_test.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::workflow;
using Catch::Matchers::Contains;
using finwatch::test::changed;
using finwatch::test::TemporaryTree;

namespace {

constexpr const char* kHead =
    "product: a product\n"
    "engine: postgresql\n"
    "variables: {tag: \"PROBE \", close_days: 10}\n"
    "requires: [account_move, res_user-res_group, finwatch.login]\n";
constexpr const char* kCheck =
    "checks:\n"
    "  - id: gaps\n"
    "    title: {en: Gaps, zh: 断号}\n"
    "    text: {en: Missing numbers., zh: 缺失的号数。}\n"
    "    interval: 5m\n"
    "    window: 24h\n"
    "    timeout: 10s\n"
    "    labels: [series]\n"
    "    values: {missing: count, oldest: seconds}\n"
    "    sql: SELECT ${window}, ${tag}, ${close_days}\n";

std::vector<SqlConnection> connections(Engine engine = Engine::postgresql) {
  SqlConnection connection{.name = "ledger"};
  connection.login.address.engine = engine;
  return {connection};
}

struct Files {
  CheckFile write(const std::string& text) {
    tree.write("pack.yml", text);
    CheckFile file;
    file.path = tree.path("pack.yml");
    file.name = "tryton";
    file.connection = "ledger";
    file.where = {"w.yml", 3, 5};
    return file;
  }
  TemporaryTree tree;
};

std::string error_of(const CheckFile& file, const std::vector<SqlConnection>& known = connections()) {
  const Result<Book> book = read_book(file, known);
  return book ? "" : book.error().message;
}

Tree scalar(const std::string& text, bool quoted = false) {
  Tree tree;
  tree.kind = Tree::Kind::scalar;
  tree.scalar = text;
  tree.quoted = quoted;
  tree.where = {"w.yml", 7, 9};
  return tree;
}

std::string files_error(const std::string& text) {
  const Result<Tree> tree = parse_yaml(text, "w.yml");
  REQUIRE(tree);
  const auto read = read_check_files(tree->find("checks"), "checks");
  return read ? "" : read.error().message;
}

}  // namespace

TEST_CASE("check: a file of checks becomes statements") {
  Files files;
  CheckFile file = files.write(std::string(kHead) + kCheck);
  const Result<Book> book = read_book(file, connections());
  REQUIRE(book);
  CHECK(book->name == "tryton");
  CHECK(book->product == "a product");
  REQUIRE(book->checks.size() == 1);
  const Check& check = *book->checks[0];
  CHECK(check.id == "gaps");
  CHECK(check.title.zh == "断号");
  CHECK(check.interval == std::chrono::minutes{5});
  CHECK(check.timeout == std::chrono::seconds{10});
  CHECK(check.labels == std::vector<std::string>{"series"});
  REQUIRE(check.values.size() == 2);
  CHECK(check.values[1].column == "oldest");
  CHECK(check.values[1].unit == Unit::seconds);
  std::string statement;
  REQUIRE(check.statement(statement));
  CHECK(statement == "SELECT 86400, 'PROBE ', 10");

  file.variables = {{"tag", scalar("O'Brien")}, {"close_days", scalar("5")}};
  file.intervals = {{"gaps", std::chrono::hours{1}}};
  const Result<Book> given = read_book(file, connections());
  REQUIRE(given);
  CHECK(given->checks[0]->interval == std::chrono::hours{1});
  statement.clear();
  REQUIRE(given->checks[0]->statement(statement));
  CHECK(statement == "SELECT 86400, 'O''Brien', 5");
  file.variables = {{"tag", scalar("7")}};  // a text stays one
  statement.clear();
  REQUIRE(read_book(file, connections())->checks[0]->statement(statement));
  CHECK(statement == "SELECT 86400, '7', 10");
}

TEST_CASE("check: the self-test asks for the relations that are not there") {
  Files files;
  const Result<Book> postgres = read_book(files.write(std::string(kHead) + kCheck), connections());
  REQUIRE(postgres);
  CHECK(postgres->self_test() ==
        "SELECT 'account_move' AS relation WHERE to_regclass('\"account_move\"') IS NULL"
        " UNION ALL SELECT 'res_user-res_group' AS relation WHERE to_regclass('\"res_user-res_group\"') IS NULL"
        " UNION ALL SELECT 'finwatch.login' AS relation WHERE to_regclass('\"finwatch\".\"login\"') IS NULL");
  const std::string head = changed(changed(kHead, "postgresql", "mysql"), "account_move, res_user-res_group, ", "gl_voucher, ");
  const Result<Book> mysql = read_book(files.write(head + kCheck), connections(Engine::mariadb));
  REQUIRE(mysql);
  CHECK(mysql->self_test() ==
        "SELECT 'gl_voucher' AS relation FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'gl_voucher')"
        " UNION ALL SELECT 'finwatch.login' AS relation FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = 'finwatch' AND TABLE_NAME = 'login')");
}

TEST_CASE("check: what is wrong in a file is said with its place") {
  Files files;
  const auto error = [&](const std::string& what, const std::string& instead) {
    return error_of(files.write(changed(std::string(kHead) + kCheck, what, instead)));
  };
  CHECK_THAT(error(": count", ": coutn"),
             Contains("pack.yml:13:23: checks[0].values.missing: expected count, seconds, ratio or amount, found"));
  CHECK_THAT(error("values: {missing: count, oldest: seconds}", "values: {}"), Contains("values: must be given"));
  CHECK_THAT(error("interval: 5m", "interval: 9s"), Contains("longer than the timeout"));
  CHECK_THAT(error("timeout: 10s", "timeout: 1ms"), Contains("at least 100ms"));
  CHECK_THAT(error("window: 24h", "window: 10ms"), Contains("at least 1s"));
  CHECK_THAT(error("    window: 24h\n", ""), Contains("unknown variable 'window'"));
  CHECK_THAT(error("${tag}", "'${tag}'"), Contains("stands inside quotes"));
  CHECK_THAT(error("${tag}", "${tga}"), Contains("did you mean 'tag'"));
  CHECK_THAT(error("labels", "label"), Contains("did you mean 'labels'"));
  CHECK_THAT(error("id: gaps", "id: ga ps"), Contains("letters, digits"));
  CHECK_THAT(error("zh: 断号", "cn: 断号"), Contains("title.zh: must be given"));
  CHECK_THAT(error("engine: postgresql", "engine: oracle"), Contains("expected postgresql, mysql or mariadb, found 'oracle'"));
  CHECK_THAT(error("account_move", "account move"), Contains("no name of a table"));
  CHECK_THAT(error("close_days: 10", "window: 10"), Contains("the check's own"));
  CHECK_THAT(error_of(files.write(kHead)), Contains("at least one check"));
  CHECK_THAT(error_of(files.write(std::string(kHead) + kCheck + std::string(kCheck).substr(8))),
             Contains("a second check is called 'gaps'"));
}

TEST_CASE("check: what the configuration asks for must be there") {
  Files files;
  const CheckFile good = files.write(std::string(kHead) + kCheck);
  CheckFile file = good;
  file.connection = "ledgre";
  CHECK_THAT(error_of(file), Contains("w.yml:3:5: there is no connection 'ledgre'; did you mean 'ledger'?"));
  CHECK_THAT(error_of(good, connections(Engine::mysql)),
             Contains("is written for postgresql, and the connection 'ledger' is to mysql"));
  file = good;
  file.path = "/nonexistent/pack.yml";
  CHECK_THAT(error_of(file), Contains("w.yml:3:5: ") && Contains("/nonexistent/pack.yml"));
  file = good;
  file.only = {"gasp"};
  CHECK_THAT(error_of(file), Contains("has no check 'gasp'; did you mean 'gaps'?"));
  file = good;
  file.intervals = {{"gasp", std::chrono::hours{1}}};
  CHECK_THAT(error_of(file), Contains("has no check 'gasp'"));
  file = good;
  file.variables = {{"tga", scalar("x")}};
  CHECK_THAT(error_of(file), Contains("w.yml:7:9: ") && Contains("has no variable 'tga'; did you mean 'tag'?"));
  file.variables = {{"close_days", scalar("ten")}};
  CHECK_THAT(error_of(file), Contains("w.yml:7:9: variables.close_days: expected a number"));
}

TEST_CASE("check: the files of the configuration") {
  const Result<Tree> tree = parse_yaml(
      "checks:\n"
      "  - {file: packs/a.yml, name: a, connection: ledger, variables: {tag: X, days: 3}, only: [one, two], intervals: {one: "
      "10m}}\n"
      "  - {file: packs/b.yml, name: b, connection: ledger}\n",
      "w.yml");
  REQUIRE(tree);
  const auto files = read_check_files(tree->find("checks"), "checks");
  REQUIRE(files);
  REQUIRE(files->size() == 2);
  CHECK(files->front().path == "packs/a.yml");
  CHECK(files->front().only.size() == 2);
  CHECK(files->front().intervals.at("one") == std::chrono::minutes{10});
  CHECK(files->front().variables.at("days").scalar == "3");
  CHECK(files->back().where.line == 3);
  CHECK(read_check_files(nullptr, "checks")->empty());

  CHECK_THAT(files_error("checks: {}"), Contains("expected a list of files"));
  CHECK_THAT(files_error("checks: [a]"), Contains("w.yml:1:10: checks[0]: expected a map"));
  CHECK_THAT(files_error("checks: [{file: a, name: b}]"), Contains("connection: must be given"));
  CHECK_THAT(files_error("checks: [{file: a, name: b c, connection: d}]"), Contains("letters, digits"));
  CHECK_THAT(files_error("checks: [{file: a, name: b, connection: c, intervals: {x: fast}}]"), Contains("intervals.x"));
  CHECK_THAT(files_error("checks: [{file: a, name: b, connection: c, variables: {x: [1]}}]"),
             Contains("expected a text or a number"));
  CHECK_THAT(files_error("checks: [{file: a, name: b, connection: c, intervalls: {}}]"), Contains("did you mean 'intervals'"));
  CHECK_THAT(files_error("checks: [{file: a, name: b, connection: c}, {file: a, name: b, connection: c}]"),
             Contains("a second book is called 'b'"));
}

TEST_CASE("check: the packs that come with the program are sound, and every statement of theirs stands alone") {
  const std::string folder = finwatch::test::test_folder("../exporters/workflow/packs/integrity/");
  for (const std::string name : {"tryton.yml", "neutral.yml"}) {
    CAPTURE(name);
    CheckFile file;
    file.path = folder + name;
    file.name = "book";
    file.connection = "ledger";
    const Result<Book> book = read_book(file, connections());
    if (!book) FAIL(book.error().message);
    CHECK(book->checks.size() >= 15);
    CHECK_FALSE(book->needs.empty());
    for (const auto& check : book->checks) {
      CAPTURE(check->id);
      std::string statement;
      CHECK(check->statement(statement));
      CHECK(statement.find("${") == std::string::npos);
    }
  }
}
