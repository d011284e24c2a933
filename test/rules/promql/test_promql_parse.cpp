#include <fstream>
#include <string>
#include <vector>

#include "rules/tool/promql/analyse.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"
#include "support/catch.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;

namespace {

// One a line; ⏎ stands for a line break. test/live/test_promql.py holds the same files beside promtool.
std::vector<std::string> expressions(const std::string& name) {
  std::ifstream file(test::test_folder("fixtures/promql/" + name));
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kBreak = "⏎";
    for (std::size_t at = 0; (at = line.find(kBreak, at)) != std::string::npos;) line.replace(at, kBreak.size(), "\n");
    all.push_back(line);
  }
  REQUIRE(all.size() > 40);
  return all;
}

std::string error_of(std::string_view text) {
  const auto tree = parse_promql(text);
  return tree ? "valid" : tree.error().message;
}

// Every operator with its operands in parentheses.
std::string grouped(const Expression& node) {
  if (const auto* binary = node.as<Binary>())
    return "(" + grouped(node.parts[0]) + " " + std::string(to_string(binary->op)) + " " + grouped(node.parts[1]) + ")";
  if (const auto* unary = node.as<Unary>()) return (unary->negative ? "(-" : "(+") + grouped(node.parts[0]) + ")";
  if (node.as<Parentheses>() != nullptr) return grouped(node.parts[0]);
  return print_promql(node);
}

std::string print_of(std::string_view text) {
  const auto tree = parse_promql(text);
  return tree ? print_promql(*tree) : tree.error().message;
}

}  // namespace

TEST_CASE("promql: what is valid parses, prints, and prints the same again") {
  for (const std::string name : {"valid", "valid_since_3"})
    for (const std::string& text : expressions(name)) {
      CAPTURE(text);
      const auto tree = parse_promql(text);
      REQUIRE(error_of(text) == "valid");
      CHECK(needs_prometheus_3(*tree) == (name == "valid_since_3"));
      const std::string printed = print_promql(*tree);
      CHECK(print_of(printed) == printed);
      CHECK(tree->span.end - tree->span.begin <= text.size());
    }
}

TEST_CASE("promql: what is invalid is refused with its place") {
  for (const std::string& text : expressions("invalid")) {
    CAPTURE(text);
    const std::string message = error_of(text);
    CHECK((message.starts_with("1:") || message.starts_with("2:")));
  }
}

TEST_CASE("promql: an error says where, what was expected and what was found") {
  struct Row {
    std::string_view text, message;
  };
  constexpr Row kRows[] = {
      {"", "1:1: expected an expression, found the end"},
      {"sum(\n  rate(x)\n)",
       "2:8: argument 1 of rate() must be a range vector, found an instant vector; write a range behind it, like [5m]"},
      {"rate(sum(x))", "1:6: argument 1 of rate() must be a range vector, found an instant vector"},
      {"irat(x[5m])", "1:1: unknown function 'irat'; did you mean 'irate'?"},
      {"RATE(x[5m])", "1:1: unknown function 'RATE'; did you mean 'rate'?"},
      {"summ(x)", "1:1: unknown function 'summ'; did you mean 'sum'?"},
      {"frobnicate_everything(x)", "1:1: unknown function 'frobnicate_everything'"},
      {"time(1)", "1:1: time() takes 0 arguments, found 1"},
      {"abs()", "1:1: abs() takes 1 argument, found 0"},
      {"round(x, 1, 2)", "1:1: round() takes 1 to 2 arguments, found 3"},
      {"label_join(x, \"a\")", "1:1: label_join() takes 3 or more arguments, found 2"},
      {"topk(x)", "1:1: topk takes a parameter and an instant vector, found 1 argument"},
      {"topk(\"a\", x)", "1:6: the parameter of topk must be a scalar, found a string"},
      {"sum(x[5m])", "1:5: what sum aggregates must be an instant vector, found a range vector"},
      {"x + on a y", "1:8: expected '(' before the label names, found 'a'"},
      {"sum by (a b) (x)", "1:11: expected ',' or ')' behind a label name, found 'b'"},
      {"x{a=b}", "1:5: expected a string in quotes, found 'b'"},
      {"x{a}", "1:4: expected =, !=, =~ or !~ behind the label name, found '}'"},
      {"x{a=\"b\" c=\"d\"}", "1:9: expected ',' or '}' behind a label matcher, found 'c'"},
      {"x{a=\"b\"", "1:8: expected ',' or '}' behind a label matcher, found the end"},
      {"x{a=~\"(\"}", "1:6: regular expression '(': missing ): ("},
      {"x{a=\"\\d\"}", "1:6: unknown escape sequence; a backslash is written \\\\, or the string put in `backquotes`"},
      {"x{a=\"b}", "1:5: the string has no closing \""},
      {"{a=~\".*\"}", "1:1: this selects every series; give a name, or a matcher that the empty text does not match"},
      {"x{__name__=\"y\"}", "1:12: a second name beside 'x'"},
      {"x[5mm]", "1:3: '5mm' is neither a number nor a duration like 1h30m (units y w d h m s ms, in this order)"},
      {"x[0s]", "1:3: a duration here is longer than 0"},
      {"x[5m", "1:5: expected ']', or ':' for a subquery, found the end"},
      {"sum(x)[5m]", "1:7: a range like [5m] follows a selector only; a subquery of another expression is written [5m:]"},
      {"x offset 5m [5m]", "1:13: the range stands before offset and @"},
      {"x offset 5m offset 5m", "1:13: a second offset"},
      {"rate(x[5m]) offset 5m", "1:13: offset follows a selector, a range or a subquery only"},
      {"x @ y", "1:5: expected a Unix time in seconds, start() or end() behind @, found 'y'"},
      {"x[5m:][5m:]", "1:1: what a subquery runs must be an instant vector, found a range vector"},
      {"1 == 1", "1:3: a comparison of two scalars needs bool: == bool"},
      {"x + bool y", "1:3: bool follows a comparison only, found +"},
      {"x and 1", "1:3: and takes instant vectors, found a scalar; vector() makes one"},
      {"x and on(a) group_left y", "1:3: and takes no group_left or group_right"},
      {"x + on(a) group_left(a) y", "1:22: label 'a' stands in on() already, and so is on both sides"},
      {"1 + on(a) x", "1:3: on and ignoring match instant vectors only, found a scalar"},
      {"x[5m] > 1", "1:1: > takes scalars and instant vectors, found a range vector"},
      {"-\"a\"", "1:1: a sign stands before a scalar or an instant vector, found a string"},
      {"汉 + x", "1:1: unexpected character '汉'"},
      {"\"汉字\" + x", "1:1: + takes scalars and instant vectors, found a string"},
      {"x{a=\"汉字\"} y", "1:11: expected an operator or the end, found 'y'"},
      {"x\n  y", "2:3: expected an operator or the end, found 'y'"},
      {"x + on", "1:7: expected '(' before the label names, found the end"},
      {"x)", "1:2: expected an operator or the end, found ')'"},
      {"(x", "1:3: expected ')' or an operator, found the end"},
      {"rate(x[5m],)", "1:12: expected an expression behind ',', found ')'"},
      {"info(x, y)", "1:9: argument 2 of info() must be label matchers alone, like {a=\"b\"}"},
      {"x{a=\"\xff\"}", "1:6: this is not UTF-8"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    CHECK(error_of(row.text) == row.message);
  }
}

TEST_CASE("promql: operators bind as Prometheus binds them") {
  struct Row {
    std::string_view text, grouping;
  };
  constexpr Row kRows[] = {
      {"a + b * c", "(a + (b * c))"},
      {"a - b - c", "((a - b) - c)"},
      {"2 ^ 3 ^ 2", "(2 ^ (3 ^ 2))"},
      {"-2 ^ 2", "(-(2 ^ 2))"},
      {"-a * b", "((-a) * b)"},
      {"2 ^ -a * 3", "((2 ^ (-a)) * 3)"},
      {"2 ^ -a ^ 3", "(2 ^ (-(a ^ 3)))"},
      {"a or b and c unless d", "(a or ((b and c) unless d))"},
      {"a > b + 1 == c", "((a > (b + 1)) == c)"},
      {"a and b > 1 or c", "((a and (b > 1)) or c)"},
      {"a * b atan2 c % d", "(((a * b) atan2 c) % d)"},
      {"-a offset 5m", "(-a offset 5m)"},
      {"(a + b) * c", "((a + b) * c)"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    const auto tree = parse_promql(row.text);
    REQUIRE(tree);
    CHECK(grouped(*tree) == row.grouping);
  }
}

TEST_CASE("promql: types") {
  struct Row {
    std::string_view text;
    ValueType type;
  };
  constexpr Row kRows[] = {{"1 + 1", ValueType::scalar},
                           {"time() > bool 5", ValueType::scalar},
                           {"-(1)", ValueType::scalar},
                           {"scalar(a)", ValueType::scalar},
                           {"a", ValueType::vector},
                           {"1 + a", ValueType::vector},
                           {"-a", ValueType::vector},
                           {"vector(1)", ValueType::vector},
                           {"sum(a)", ValueType::vector},
                           {"a[5m]", ValueType::range},
                           {"a[5m] offset 1m", ValueType::range},
                           {"(a[5m:1m])", ValueType::range},
                           {"(\"text\")", ValueType::text}};
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    const auto tree = parse_promql(row.text);
    REQUIRE(tree);
    CHECK(tree->type == row.type);
  }
}

TEST_CASE("promql: one form is printed") {
  struct Row {
    std::string_view text, printed;
  };
  constexpr Row kRows[] = {
      {"SUM(foo)BY(a,b)", "sum by (a, b) (foo)"},
      {"foo{a='b',}", "foo{a=\"b\"}"},
      {"foo {}", "foo"},
      {"{\"foo\", a=\"b\"}", "foo{a=\"b\"}"},
      {"{\"on\"}", "{\"on\"}"},
      {"{\"a.b\", `c d`=\"e\"}", "{\"a.b\", \"c d\"=\"e\"}"},
      {"foo[90s]", "foo[1m30s]"},
      {"foo[300]", "foo[5m]"},
      {"foo[8d]", "foo[8d]"},
      {"foo[14d]", "foo[2w]"},
      {"foo offset 1h @ END()", "foo @ end() offset 1h"},
      {"foo[1h:]", "foo[1h:]"},
      {"1e3 + 0x10 + .5 + 017", "1000 + 16 + 0.5 + 15"},
      {"INF + nan", "Inf + NaN"},
      {"5m", "5m"},
      {"a+on(b)group_left c", "a + on (b) group_left () c"},
      {"a   # why\n + b", "a + b"},
      {"\"\\x41\\377\\n\\u6c49\"", "\"A\\xff\\n汉\""},
      {"((a))", "((a))"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    CHECK(print_of(row.text) == row.printed);
  }
}

TEST_CASE("promql: length and depth are bounded") {
  const auto repeated = [](std::string_view piece, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += piece;
    return text;
  };
  const std::string deep = "the expression is nested deeper than 300 levels; a recording rule can hold a part of it";
  CHECK(error_of(repeated("(", 299) + "a" + repeated(")", 299)) == "valid");
  CHECK(error_of(repeated("(", 300) + "a" + repeated(")", 300)) == "1:301: " + deep);
  CHECK(error_of(repeated("-", 60'000) + "a") == "1:301: " + deep);
  CHECK(error_of("a" + repeated("+a", 299)) == "valid");
  CHECK(error_of("a" + repeated("+a", 300)) == "1:1: " + deep);
  CHECK(error_of("a" + repeated("[5m:]", 300)) == "1:1: " + deep);
  CHECK(error_of(repeated("abs(", 16'000)) == "1:1201: " + deep);
  CHECK(error_of(std::string(65'537, ' ')) == "1:1: the expression has 65537 bytes; at most 65536 are read");
}
