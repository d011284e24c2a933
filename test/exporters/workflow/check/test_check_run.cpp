#include "workflow/check/check_run.h"

#include "conf/yaml.h"
#include "run/fake_database.h"
#include "support/catch.h"
#include "support/page_check.h"

using namespace finwatch;
using namespace finwatch::workflow;
using Catch::Matchers::Contains;
using finwatch::test::FakeDatabase;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr const char* kMarker = "nobody knows this one";

struct Shape {
  std::string id;
  std::string sql;
  std::vector<CheckValue> values;
  std::vector<std::string> labels = {};
  std::chrono::nanoseconds interval = minutes{5};
};

std::shared_ptr<const Check> make_check(const Shape& shape) {
  auto check = std::make_shared<Check>();
  check->id = shape.id;
  check->interval = shape.interval;
  check->timeout = seconds{10};
  check->labels = shape.labels;
  check->values = shape.values;
  check->scope = std::make_unique<Scope>();
  check->sql = *Template::compile(shape.sql, {}, *check->scope);
  return check;
}

std::shared_ptr<const Book> make_book(const std::vector<Shape>& shapes, std::vector<std::string> needs = {}) {
  auto book = std::make_shared<Book>();
  book->name = "tryton";
  book->connection = "ledger";
  book->needs = std::move(needs);
  for (const Shape& shape : shapes) book->checks.push_back(make_check(shape));
  return book;
}

/// A runner whose time goes by when it is told to.
struct Bench {
  FakeDatabase database;
  ManualClock clock{WallTime{seconds{1'795'000'000}}};
  std::unique_ptr<Loop> loop = std::move(*Loop::make(clock));
  Env env = [this] {
    Env made;
    made.clock = &clock;
    return made;
  }();
  SqlPool pool{*loop, {SqlConnection{.name = "ledger", .most_sessions = 1}}, env, &FakeDatabase::connect};
  CheckBoard board;
  CheckRunner runner{*loop, pool, board, env};

  /// The statements that came to the server.
  std::vector<std::string> asked() {
    std::vector<std::string> all = database.asked();
    std::erase(all, kMarker);
    return all;
  }
  /// Until as many came, and their answers to the board: one session serves them in their order, and a statement of our own is last.
  void run_until_asked(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + minutes{1};
    const auto turn = [&](auto done) {
      while (!done() && std::chrono::steady_clock::now() < end) loop->run_once(clock.steady() + milliseconds{20});
    };
    turn([&] { return asked().size() >= count; });
    bool answered = false;
    SqlCall last(pool);
    last.start({.connection = "ledger", .statement = kMarker}, clock.steady() + hours{1},
               [&](SqlResult&&) { answered = true; });
    turn([&] { return answered; });
    REQUIRE(asked().size() == count);
  }
  void pass(std::chrono::nanoseconds time) { clock.advance(time); }
  std::string page() {
    MetricSink sink;
    write_checks(board, sink);
    return std::string(sink.samples());
  }
};

}  // namespace

TEST_CASE("checks: what a check found is shown by value and item, with its age") {
  Bench bench;
  bench.database.answer("FROM unposted", {"oldest", "book", "vouchers", "period"},
                        {{"7200.5", "1", "3", "2026-10"}, {nullptr, "1", "0", "2026-11"}});
  bench.database.answer("FROM closing", {"closed", "difference"}, {{"0.5", "-1.25"}});
  bench.runner.start({make_book(
      {{.id = "unposted",
        .sql = "SELECT … FROM unposted",
        .values = {{"vouchers", Unit::count}, {"oldest", Unit::seconds}},
        .labels = {"book", "period"}},
       {.id = "closing", .sql = "SELECT … FROM closing", .values = {{"closed", Unit::ratio}, {"difference", Unit::amount}}}})});
  CHECK(bench.page() == R"(finwatch_integrity_check_interval_seconds{book="tryton",check="unposted"} 300
finwatch_integrity_check_interval_seconds{book="tryton",check="closing"} 300
)");
  bench.run_until_asked(1);
  bench.pass(seconds{1});  // the first runs are a second apart
  bench.run_until_asked(2);
  CHECK(bench.page() ==
        R"(finwatch_integrity_records{book="tryton",check="unposted",value="vouchers",item="1/2026-10"} 3
finwatch_integrity_records{book="tryton",check="unposted",value="vouchers",item="1/2026-11"} 0
finwatch_integrity_time_seconds{book="tryton",check="unposted",value="oldest",item="1/2026-10"} 7200.5
finwatch_integrity_ratio{book="tryton",check="closing",value="closed",item=""} 0.5
finwatch_integrity_amount{book="tryton",check="closing",value="difference",item=""} -1.25
finwatch_integrity_check_success{book="tryton",check="unposted"} 1
finwatch_integrity_check_success{book="tryton",check="closing"} 1
finwatch_integrity_check_last_run_timestamp_seconds{book="tryton",check="unposted"} 1795000000
finwatch_integrity_check_last_run_timestamp_seconds{book="tryton",check="closing"} 1795000001
finwatch_integrity_check_last_success_timestamp_seconds{book="tryton",check="unposted"} 1795000000
finwatch_integrity_check_last_success_timestamp_seconds{book="tryton",check="closing"} 1795000001
finwatch_integrity_check_interval_seconds{book="tryton",check="unposted"} 300
finwatch_integrity_check_interval_seconds{book="tryton",check="closing"} 300
finwatch_integrity_check_duration_seconds{book="tryton",check="unposted"} 0
finwatch_integrity_check_duration_seconds{book="tryton",check="closing"} 0
finwatch_integrity_check_cut_rows{book="tryton",check="unposted"} 0
finwatch_integrity_check_cut_rows{book="tryton",check="closing"} 0
)");
}

TEST_CASE("checks: each runs at its own interval, on its own grid") {
  Bench bench;
  bench.database.answer("SELECT", {"n"}, {{"1"}});
  bench.runner.start(
      {make_book({{.id = "often", .sql = "SELECT often", .values = {{"n", Unit::count}}, .interval = minutes{5}},
                  {.id = "seldom", .sql = "SELECT seldom", .values = {{"n", Unit::count}}, .interval = hours{24}}})});
  bench.run_until_asked(1);
  bench.pass(seconds{1});
  bench.run_until_asked(2);
  for (std::size_t i = 3; i < 10; ++i) {
    bench.pass(minutes{5});
    bench.run_until_asked(i);
    CHECK(bench.asked().back() == "SELECT often");
  }
  bench.pass(hours{1});  // what was slept through is not made up
  bench.run_until_asked(10);
  bench.pass(hours{23});
  bench.run_until_asked(12);
}

TEST_CASE("checks: a failure keeps the last good result, is counted by its reason and tried again ever later") {
  Bench bench;
  bench.database.answer("SELECT", {"n"}, {{"4"}});
  bench.runner.start({make_book({{.id = "one", .sql = "SELECT one", .values = {{"n", Unit::count}}, .interval = minutes{5}}})});
  bench.run_until_asked(1);
  bench.database.fail("SELECT", Errc::timeout, true);
  bench.pass(minutes{5});
  bench.run_until_asked(2);
  const std::string page = bench.page();
  CHECK_THAT(page, Contains(R"(finwatch_integrity_records{book="tryton",check="one",value="n",item=""} 4)"));
  CHECK_THAT(page, Contains("check_success{book=\"tryton\",check=\"one\"} 0\n"));
  CHECK_THAT(page, Contains("last_run_timestamp_seconds{book=\"tryton\",check=\"one\"} 1795000300\n"));
  CHECK_THAT(page, Contains("last_success_timestamp_seconds{book=\"tryton\",check=\"one\"} 1795000000\n"));
  CHECK_THAT(page, Contains(R"(failures_total{book="tryton",check="one",reason="lock"} 1)"));
  bench.board.read([](const std::vector<BookState>& books) { CHECK(to_seconds(books[0].checks[0].next) == 1'795'000'360); });
  std::size_t asked = 2;
  for (const minutes pause : {minutes{1}, minutes{2}, minutes{4}, minutes{5}, minutes{5}}) {
    bench.pass(pause - milliseconds{1});
    bench.loop->run_once(bench.clock.steady());
    CHECK(bench.asked().size() == asked);
    bench.pass(milliseconds{1});
    bench.run_until_asked(++asked);
  }
  CHECK_THAT(bench.page(), Contains(R"(reason="lock"} 6)"));
  bench.database.answer("SELECT", {"n"}, {{"0"}});
  bench.pass(minutes{5});
  bench.run_until_asked(++asked);
  CHECK_THAT(bench.page(), Contains("check_success{book=\"tryton\",check=\"one\"} 1\n") && Contains("item=\"\"} 0\n"));
}

TEST_CASE("checks: a book whose tables are not there is not supported, which is no failure, until they are") {
  Bench bench;
  bench.database.answer("SELECT one", {"n"}, {{"1"}});
  bench.database.answer("to_regclass", {"relation"}, {{"account_move"}});
  bench.runner.start({make_book({{.id = "one", .sql = "SELECT one", .values = {{"n", Unit::count}}, .interval = hours{24}}},
                                {"account_move", "res_user"})});
  bench.run_until_asked(1);
  CHECK(bench.page() == R"(finwatch_integrity_supported{book="tryton"} 0
finwatch_integrity_missing{book="tryton",relation="account_move"} 1
)");
  bench.database.answer("to_regclass", {"relation"}, {});
  bench.pass(minutes{10});
  bench.run_until_asked(3);  // once more the test, then the check
  CHECK_THAT(bench.page(), Contains("finwatch_integrity_supported{book=\"tryton\"} 1\n") && Contains("item=\"\"} 1\n") &&
                               !Contains("missing"));
  bench.database.fail("SELECT one", Errc::malformed);
  bench.pass(hours{24});
  bench.run_until_asked(5);
  bench.database.fail("to_regclass", Errc::permission);
  bench.pass(minutes{1});
  bench.run_until_asked(6);  // a statement that went wrong is followed by a test, however young the last one is
  CHECK_THAT(bench.page(), Contains("supported{book=\"tryton\"} 1\n") && Contains(R"(reason="permission"} 1)"));
}

TEST_CASE("checks: what is not supported is looked for again as often as a check would run") {
  Bench bench;
  bench.database.answer("SELECT one", {"n"}, {{"1"}});
  bench.database.answer("to_regclass", {"relation"}, {{"account_move"}});
  bench.runner.start({make_book({{.id = "one", .sql = "SELECT one", .values = {{"n", Unit::count}}, .interval = minutes{1}}},
                                {"account_move"})});
  bench.run_until_asked(1);
  bench.pass(minutes{1});
  bench.run_until_asked(2);
  bench.database.answer("to_regclass", {"relation"}, {});
  bench.pass(minutes{1});
  bench.run_until_asked(4);
  CHECK_THAT(bench.page(), Contains("finwatch_integrity_supported{book=\"tryton\"} 1\n"));
}

TEST_CASE("checks: one self-test serves all checks of a book for ten minutes") {
  Bench bench;
  bench.database.answer("SELECT", {"n"}, {{"1"}});
  bench.database.answer("to_regclass", {"relation"}, {});
  std::vector<Shape> shapes;
  for (int i = 0; i < 6; ++i)
    shapes.push_back({.id = "c" + std::to_string(i), .sql = "SELECT " + std::to_string(i), .values = {{"n", Unit::count}}});
  bench.runner.start({make_book(shapes, {"account_move"})});
  bench.run_until_asked(2);
  bench.pass(minutes{1});
  bench.run_until_asked(7);
}

TEST_CASE("checks: rows past two hundred are cut and counted") {
  Bench bench;
  std::vector<std::string> names;
  for (int i = 0; i < 230; ++i) names.push_back("s" + std::to_string(i));
  std::vector<FakeDatabase::Cells> rows;
  for (const std::string& name : names) rows.push_back({name.c_str(), "1"});
  bench.database.answer("SELECT", {"series", "n"}, rows);
  bench.runner.start({make_book({{.id = "one", .sql = "SELECT one", .values = {{"n", Unit::count}}, .labels = {"series"}}})});
  bench.run_until_asked(1);
  const std::string page = bench.page();
  CHECK_THAT(page, Contains("check_cut_rows{book=\"tryton\",check=\"one\"} 30\n"));
  CHECK_THAT(page, Contains("item=\"s199\"") && !Contains("item=\"s200\""));
}

TEST_CASE("checks: an answer of another shape is a failure that says what is wrong") {
  struct Row {
    std::vector<std::string> columns;
    std::vector<FakeDatabase::Cells> rows;
    std::vector<std::string> labels;
    std::string message;
  };
  const Row kRows[] = {
      {{"m"}, {{"1"}}, {}, "no column 'n'"},
      {{"n"}, {{"many"}}, {}, "n: 'many' is no number"},
      {{"n"}, {{"1"}, {"2"}}, {}, "gives 2 rows"},
      {{"n"}, {}, {}, "gives 0 rows"},
      {{"n"}, {{"1"}}, {"series"}, "no column 'series'"},
      {{"series", "n"}, {{"a", "1"}, {"a", "2"}}, {"series"}, "two rows are called 'a'"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.message);
    Bench bench;
    bench.database.answer("SELECT", row.columns, row.rows);
    bench.runner.start({make_book({{.id = "one", .sql = "SELECT one", .values = {{"n", Unit::count}}, .labels = row.labels}})});
    bench.run_until_asked(1);
    CHECK_THAT(bench.page(), Contains(R"(reason="internal"} 1)") && !Contains("integrity_records"));
    bench.board.read(
        [&](const std::vector<BookState>& books) { CHECK_THAT(books[0].checks[0].message, Contains(row.message)); });
  }
}

TEST_CASE("checks: what is known stays when the configuration is read anew, as long as the check is the same") {
  Bench bench;
  bench.database.answer("SELECT", {"n", "m"}, {{"4", "5"}});
  bench.database.answer("to_regclass", {"relation"}, {});
  const Shape shape{.id = "one", .sql = "SELECT one", .values = {{"n", Unit::count}}};
  bench.runner.start({make_book({shape}, {"account_move"})});
  bench.run_until_asked(2);
  const std::string page = bench.page();
  bench.runner.start({make_book({shape}, {"account_move"})});
  CHECK(bench.page() == page);
  bench.run_until_asked(4);
  Shape other = shape;
  other.values = {{"m", Unit::count}};
  bench.runner.start({make_book({other}, {"account_move"})});
  CHECK_THAT(bench.page(), !Contains("integrity_records"));
  bench.runner.start({});
  CHECK(bench.page().empty());
  CHECK(bench.loop->timers() == 0);
}
