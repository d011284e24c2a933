#include <limits>

#include "notifier/store/rows.h"
#include "support/catch.h"

namespace finwatch::notifier {
namespace {

std::string number(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

}  // namespace

TEST_CASE("store: a text becomes a literal that says nothing but itself") {
  CHECK(sql_text("") == "''");
  CHECK(sql_text("it's") == "'it''s'");
  CHECK(sql_text("'; DROP TABLE incidents; --") == "'''; DROP TABLE incidents; --'");
  CHECK(sql_text("C:\\temp\\'") == "'C:\\temp\\'''");
  CHECK(sql_text("line\nline\ttab") == "'line\nline\ttab'");
  CHECK(sql_text(std::string_view("a\0b", 3)) ==
        "'a\xEF\xBF\xBD"
        "b'");
  CHECK(sql_text("凭证 $body$ %_") == "'凭证 $body$ %_'");
  CHECK(sql_text("bad \xff\xfe'") == "'bad \xEF\xBF\xBD\xEF\xBF\xBD'''");
}

TEST_CASE("store: numbers are written whole, and what is no number is NULL") {
  CHECK(number(0.1) == "0.1");
  CHECK(number(1e300) == "1e+300");
  CHECK(number(-12) == "-12");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "NULL");
  CHECK(number(std::numeric_limits<double>::infinity()) == "NULL");
  const std::vector<std::int64_t> values{1, -2, std::numeric_limits<std::int64_t>::max()};
  CHECK(sql_list(values) == "1,-2,9223372036854775807");
  CHECK(sql_list({}).empty());
}

TEST_CASE("store: an instant comes back to the nanosecond") {
  const WallTime at{std::chrono::nanoseconds{1'777'600'000'123'456'789}};
  CHECK(sql_time(at) == "1777600000123456789");
  CHECK(from_nanoseconds(to_nanoseconds(at)) == at);
  CHECK(from_nanoseconds(0) == WallTime{});
}

TEST_CASE("store: rows share a statement until it is full, or a key comes again") {
  std::string out;
  RowsText rows(out, "INSERT INTO t (a) VALUES ", " ON CONFLICT (a) DO NOTHING");
  rows.end();
  CHECK(out.empty());
  for (const std::string key : {"1", "2", "1"}) {
    rows.row(key) += key;
    rows.end_row();
  }
  rows.end();
  CHECK(out ==
        "INSERT INTO t (a) VALUES (1),\n(2) ON CONFLICT (a) DO NOTHING;\n"
        "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO NOTHING;\n");
  out.clear();
  for (int i = 0; i < 450; ++i) {
    rows.row("") += "7";
    rows.end_row();
  }
  rows.end();
  CHECK(std::count(out.begin(), out.end(), ';') == 3);
  CHECK(std::count(out.begin(), out.end(), '7') == 450);
}

TEST_CASE("store: lists in a column") {
  const std::vector<Span> spans{{from_nanoseconds(5), from_nanoseconds(9)}, {from_nanoseconds(11), from_nanoseconds(12)}};
  CHECK(spans_text(spans) == "[[5,9],[11,12]]");
  std::vector<Span> read;
  CHECK(read_spans("[[5,9],[11,12]]", read));
  CHECK(read == spans);
  std::vector<std::string> words;
  CHECK(read_word_list(word_list_text({"张伟", "a\"b"}), words));
  CHECK(words == std::vector<std::string>{"张伟", "a\"b"});
  for (const std::string_view bad : {"", "x", "{}", "[1]", "[[1]]", "[[1,2,3]]", "[[1,\"x\"]]", "[[1,1e3]]"}) {
    CAPTURE(bad);
    CHECK_FALSE(read_spans(bad, read));
  }
  CHECK_FALSE(read_word_list("{", words));
}

TEST_CASE("store: a row that nobody of us wrote is named") {
  SqlTable rows;
  for (const std::string_view name : {"family", "labels", "value"}) rows.add_column(name);
  for (const std::string_view cell : {"finwatch_incidents_total", "", "many"}) rows.add_cell(cell);
  const auto counters = read_rows<CounterRow>(rows);
  REQUIRE_FALSE(counters);
  CHECK(counters.error().code == Errc::malformed);
  CHECK_THAT(counters.error().message, Catch::Matchers::Contains("table counters holds in column value"));
}

}  // namespace finwatch::notifier
