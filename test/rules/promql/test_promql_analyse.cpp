#include <string>
#include <vector>

#include "rules/tool/promql/analyse.h"
#include "rules/tool/promql/edit.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules;
using std::chrono::milliseconds;

namespace {

Expression parsed(std::string_view text) {
  auto tree = parse_promql(text);
  if (!tree) FAIL(tree.error().message);
  return std::move(*tree);
}

// "a b", or "-a b" for any but these.
std::string result_of(std::string_view text) {
  const ResultLabels labels = analyse_promql(parsed(text)).result;
  std::string out = labels.any_but ? "-" : "";
  for (const std::string& name : labels.names) out += (out.size() > labels.any_but ? " " : "") + name;
  return out;
}

std::string labels_of(std::string_view text) {
  std::string out;
  for (const Label& label : analyse_promql(parsed(text)).labels) out += (out.empty() ? "" : " ") + label.name;
  return out;
}

// One word for each selector: its name, ~ for a pattern, its range, its offset, "sub", "absent".
std::string selected(std::string_view text) {
  const Expression tree = parsed(text);
  std::string out;
  for (const Selected& one : analyse_promql(tree).selected) {
    out += (out.empty() ? "" : " | ") + one.name + (one.name_is_pattern ? "~" : "");
    if (one.range.count() != 0) out += " [" + print_length(one.range) + "]";
    if (one.offset.count() != 0) out += " offset " + print_length(one.offset);
    if (one.in_subquery) out += " sub";
    if (one.in_absent) out += " absent";
  }
  return out;
}

}  // namespace

TEST_CASE("promql: what an expression selects") {
  CHECK(selected("up == 0") == "up");
  CHECK(selected("rate(a[5m] offset 1h) / b") == "a [5m] offset 1h | b");
  CHECK(selected("{__name__=~\"a|b\"} + {c=\"d\"} + {__name__=\"e\"}") == "a|b~ | ~ | e");
  CHECK(selected("max_over_time(rate(a[5m])[1h:1m] offset 2h) > b") == "a [5m] offset 2h sub | b");
  CHECK(selected("absent(a{b=\"c\"}) or absent_over_time(d[1h]) or e") == "a absent | d [1h] absent | e");
  const Expression tree = parsed("  a{b=\"c\"}[5m] ");
  const Analysis analysis = analyse_promql(tree);
  REQUIRE(analysis.selected.size() == 1);
  CHECK(analysis.selected[0].span.begin == 2);
  CHECK(analysis.selected[0].span.end == 14);
  CHECK(analysis.selected[0].selector->matchers.size() == 2);
}

TEST_CASE("promql: the labels that an expression names") {
  CHECK(labels_of("sum by (a, b) (x{c=\"d\"}) / on (e) group_left (f) y{g!=\"\"}") == "a b c e f g");
  CHECK(labels_of("label_replace(x, \"to\", \"$1\", \"from\", \"(.*)\")") == "to from");
  CHECK(labels_of("label_join(x, \"to\", \",\", \"a\", (\"b\"))") == "to a b");
  CHECK(labels_of("count_values(\"version\", x)") == "version");
  CHECK(labels_of("sort_by_label(x, \"a\", \"b\")") == "a b");
  CHECK(labels_of("x") == "");
}

TEST_CASE("promql: the labels that a result may carry") {
  CHECK(result_of("1") == "");
  CHECK(result_of("x") == "-");
  CHECK(result_of("x{a=\"\"}") == "-a");
  CHECK(result_of("rate(x[5m])") == "-__name__");
  CHECK(result_of("sum(x)") == "");
  CHECK(result_of("sum by (a, b) (x)") == "a b");
  CHECK(result_of("sum by (a, b) (x{b=\"\"})") == "a");
  CHECK(result_of("sum by (c) (sum by (a, b) (x))") == "");
  CHECK(result_of("sum without (a) (x)") == "-__name__ a");
  CHECK(result_of("sum without (a) (sum by (a, b) (x))") == "b");
  CHECK(result_of("topk by (a) (3, x)") == "-");
  CHECK(result_of("count_values(\"v\", x)") == "v");
  CHECK(result_of("count_values by (a) (\"v\", x)") == "a v");
  CHECK(result_of("x > 1") == "-");
  CHECK(result_of("x > bool 1") == "-__name__");
  CHECK(result_of("1 - x") == "-__name__");
  CHECK(result_of("-x") == "-__name__");
  CHECK(result_of("sum by (a, b) (x) / sum by (a) (y)") == "a");
  CHECK(result_of("x / on (a) y") == "a");
  CHECK(result_of("x > on (a) y") == "a");
  CHECK(result_of("x / ignoring (a) y") == "-__name__ a");
  CHECK(result_of("sum by (a) (x) / on (a) group_left (c) y") == "a c");
  CHECK(result_of("x * on (a) group_right sum by (a, b) (y)") == "a b");
  CHECK(result_of("sum by (a) (x) and y") == "a");
  CHECK(result_of("sum by (a) (x) or sum by (b) (y)") == "a b");
  CHECK(result_of("absent(x{a=\"b\", c!=\"d\"})") == "a");
  CHECK(result_of("absent(sum(x))") == "");
  CHECK(result_of("label_replace(sum(x), \"a\", \"\", \"\", \"\")") == "a");
  CHECK(result_of("histogram_quantile(0.9, sum by (le, a) (x))") == "a");
  CHECK(result_of("max_over_time(sum by (a) (x)[1h:])") == "a");
  CHECK(result_of("vector(1) > time()") == "");
  CHECK(analyse_promql(parsed("sum without (a) (x)")).result.may_carry("b"));
  CHECK_FALSE(analyse_promql(parsed("sum without (a) (x)")).result.may_carry("a"));
}

TEST_CASE("promql: windows and tops") {
  const auto window = [](std::string_view text) { return print_length(analyse_promql(parsed(text)).window); };
  CHECK(window("x") == "0s");
  CHECK(window("rate(x[5m]) > rate(x[1h] offset 1d)") == "1d1h");
  CHECK(window("max_over_time(rate(x[5m])[1h:] offset 10m)") == "1h15m");
  const auto top = [](std::string_view text) { return analyse_promql(parsed(text)).top; };
  CHECK(top("x > 1") == Top::comparison);
  CHECK(top("((x > 1))") == Top::comparison);
  CHECK(top("x > bool 1") == Top::value);
  CHECK(top("sum(x > 1)") == Top::value);
  CHECK(top("x and y > 1") == Top::filter);
  CHECK(top("x unless y") == Top::filter);
  CHECK(top("x > 1 or absent(y)") == Top::filter);
  CHECK(top("x > 1 or y") == Top::value);
}

TEST_CASE("promql: an edit leaves the rest byte for byte") {
  const std::string text = "rate( a{b = 'c'}[5m] ) # why\n  > 0.5 and {\"a\", b=\"d\"} offset 1h";
  const Expression tree = parsed(text);
  CHECK(rename_metric(text, tree, "a", "other").value_or("") ==
        "rate( other{b = 'c'}[5m] ) # why\n  > 0.5 and {\"other\", b=\"d\"} offset 1h");
  CHECK(rename_metric(text, tree, "b", "other").value_or("") == text);
  CHECK(rename_metric(text, tree, "a", "not plain").error().message ==
        "\"not plain\" needs quotes, and stands before the braces");
  std::vector<Edit> edits;
  walk(tree, [&](const Expression& node) {
    if (node.as<Number>() != nullptr) edits.push_back(number_edit(node, -2));
    const auto* selector = node.as<Selector>();
    if (selector == nullptr) return;
    if (selector->range) edits.push_back(length_edit(*selector->range, milliseconds(90'000)));
    for (const Matcher& matcher : selector->matchers) {
      if (matcher.form != Matcher::Form::full) continue;
      edits.push_back(*kind_edit(matcher, MatchKind::not_pattern));
      edits.push_back(*value_edit(matcher, "e\"f"));
      edits.push_back(label_edit(matcher.label, "x.y"));
    }
  });
  CHECK(edited(text, edits).value_or("") ==
        "rate( a{\"x.y\" !~ \"e\\\"f\"}[1m30s] ) # why\n  > (-2) and {\"a\", \"x.y\"!~\"e\\\"f\"} offset 1h");
  edits.push_back(edits.front());
  CHECK(edited(text, edits).error().code == Errc::internal);
  CHECK(edited("a", edits).error().code == Errc::internal);
  CHECK_FALSE(kind_edit(parsed("a").as<Selector>()->matchers[0], MatchKind::pattern));
}
