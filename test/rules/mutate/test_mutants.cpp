#include "rules/tool/mutate/mutants.h"

#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules;

namespace {

std::vector<Mutant> mutants(const std::string& expression, nanoseconds after = {}) {
  return mutants_of(Rule{nullptr, nullptr, "A", expression, after});
}

// "change = expression", a line each.
std::string shown(const std::string& expression) {
  std::string lines;
  for (const Mutant& one : mutants(expression)) lines.append(one.change).append(" = ").append(one.expression).append("\n");
  return lines;
}

}  // namespace

TEST_CASE("mutants: numbers are doubled and halved, nought is moved both ways, comparisons are turned round") {
  CHECK(shown("x > 0.8") ==
        "> -> < = x < 0.8\n"
        "x renamed = x_renamed > 0.8\n"
        "0.8 -> 1.6 = x > 1.6\n"
        "0.8 -> 0.4 = x > 0.4\n");
  CHECK(shown("x == 0") ==
        "== -> != = x != 0\n"
        "x renamed = x_renamed == 0\n"
        "0 -> 1 = x == 1\n"
        "0 -> -1 = x == (-1)\n");
}

TEST_CASE("mutants: matchers are dropped, and those that must be given another value") {
  CHECK(shown(R"(x{a="1",b!~"c|d"} <= 2)") ==
        "<= -> > = x{a=\"1\",b!~\"c|d\"} > 2\n"
        "x renamed = x_renamed{a=\"1\",b!~\"c|d\"} <= 2\n"
        "{a=\"1\"} dropped = x{a=~\".*\",b!~\"c|d\"} <= 2\n"
        "{a=\"1\"} -> \"no such value\" = x{a=\"no such value\",b!~\"c|d\"} <= 2\n"
        "{b!~\"c|d\"} dropped = x{a=\"1\",b=~\".*\"} <= 2\n"
        "2 -> 4 = x{a=\"1\",b!~\"c|d\"} <= 4\n"
        "2 -> 1 = x{a=\"1\",b!~\"c|d\"} <= 1\n");
  // Without its only matcher a selector would be none.
  CHECK(shown(R"({a="1"})") == "{a=\"1\"} -> \"no such value\" = {a=\"no such value\"}\n");
}

TEST_CASE("mutants: labels of groupings and matches are dropped, and and unless are exchanged") {
  CHECK(shown("sum by (a, b) (x) unless on (a) y") ==
        "unless -> and = sum by (a, b) (x) and on (a) y\n"
        "on (a) dropped = sum by (a, b) (x) unless on (no_such_label) y\n"
        "by (a) dropped = sum by (no_such_label, b) (x) unless on (a) y\n"
        "by (b) dropped = sum by (a, no_such_label) (x) unless on (a) y\n"
        "x renamed = sum by (a, b) (x_renamed) unless on (a) y\n"
        "y renamed = sum by (a, b) (x) unless on (a) y_renamed\n");
  CHECK(shown("x * ignoring (c) group_left (d) max without (e) (y)") ==
        "ignoring (c) dropped = x * ignoring (no_such_label) group_left (d) max without (e) (y)\n"
        "group_left (d) dropped = x * ignoring (c) group_left (no_such_label) max without (e) (y)\n"
        "x renamed = x_renamed * ignoring (c) group_left (d) max without (e) (y)\n"
        "without (e) dropped = x * ignoring (c) group_left (d) max without (no_such_label) (y)\n"
        "y renamed = x * ignoring (c) group_left (d) max without (e) (y_renamed)\n");
}

TEST_CASE("mutants: for is doubled and dropped, and what happens twice is numbered") {
  const std::vector<Mutant> all = mutants("x + x", std::chrono::minutes{5});
  REQUIRE(all.size() == 4);
  CHECK(all[0].change == "x renamed");
  CHECK(all[0].renamed == "x_renamed");
  CHECK(all[1].change == "x renamed #2");
  CHECK(all[1].expression == "x + x_renamed");
  CHECK(all[1].after == std::chrono::minutes{5});
  CHECK(all[2].change == "for 5m -> 10m");
  CHECK(all[2].after == std::chrono::minutes{10});
  CHECK(all[2].renamed.empty());
  CHECK(all[3].change == "for 5m dropped");
  CHECK(all[3].after == nanoseconds{});
}
