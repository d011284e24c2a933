// Reading `classify` and `expect`.
#include <algorithm>

#include "conf/words.h"
#include "core/text.h"
#include "workflow/value/expect.h"

namespace finwatch::workflow {
namespace {

constexpr std::pair<std::string_view, Test::Kind> kTests[] = {
    {"eq", Test::Kind::eq},
    {"ne", Test::Kind::ne},
    {"lt", Test::Kind::lt},
    {"le", Test::Kind::le},
    {"gt", Test::Kind::gt},
    {"ge", Test::Kind::ge},
    {"in", Test::Kind::in},
    {"not_in", Test::Kind::not_in},
    {"contains", Test::Kind::contains},
    {"not_contains", Test::Kind::not_contains},
    {"matches", Test::Kind::matches},
    {"not_matches", Test::Kind::not_matches},
    {"exists", Test::Kind::exists},
    {"length", Test::Kind::length},
};

constexpr std::pair<std::string_view, Source::Kind> kQuantities[] = {
    {"size", Source::Kind::size}, {"rows", Source::Kind::rows}, {"certificate_days", Source::Kind::certificate_days}};

// A Result's error, kept until the whole of a map is read; the first one wins.
class Errors {
 public:
  template <class T>
  std::optional<T> take(Result<T> result) {
    if (result) return std::move(*result);
    if (!first_) first_ = result.error();
    return std::nullopt;
  }
  const std::optional<Error>& first() const { return first_; }

 private:
  std::optional<Error> first_;
};

Result<Test> operand_test(Test::Kind kind, const Tree& tree, const Scope& scope) {
  Test test;
  test.kind = kind;
  Result<Template> operand = Template::compile_json(tree, scope);
  if (!operand) return operand.error();
  if (operand->is_fixed()) {
    Variables nothing(scope);
    Result<Value> value = operand->json_value(nothing);
    if (!value) return Error{Errc::config, tree.where.text() + ": " + value.error().message};
    test.fixed = std::move(*value);
  } else {
    test.operand = std::move(*operand);
  }
  return test;
}

std::vector<Test> read_tests(MapReader& reader, const Scope& scope, Errors& errors);

std::vector<Test> tests_of_quantity(const Tree& tree, const std::string& path, const Scope& scope, Errors& errors) {
  if (tree.kind != Tree::Kind::map) {
    std::vector<Test> tests;
    if (auto test = errors.take(operand_test(Test::Kind::eq, tree, scope))) tests.push_back(std::move(*test));
    return tests;
  }
  MapReader reader(tree, path);
  std::vector<Test> tests = read_tests(reader, scope, errors);
  if (tests.empty()) reader.fail(tree, path + ": expected a comparison such as {ge: 1}");
  errors.take(reader.finish());
  return tests;
}

std::vector<Test> read_tests(MapReader& reader, const Scope& scope, Errors& errors) {
  std::vector<Test> tests;
  for (const auto& [key, kind] : kTests) {
    const Tree* tree = reader.child(key);
    if (tree == nullptr) continue;
    const std::string path = reader.path_of(key);
    Test test;
    test.kind = kind;
    switch (kind) {
      case Test::Kind::exists:
        if (!reader.boolean(key, true)) test.kind = Test::Kind::absent;
        break;
      case Test::Kind::length: test.inner = tests_of_quantity(*tree, path, scope, errors); break;
      case Test::Kind::matches:
      case Test::Kind::not_matches: {
        Result<Pattern> pattern = Pattern::compile(reader.required_text(key));
        if (!pattern) reader.fail(*tree, path + ": " + pattern.error().message);
        if (pattern) test.pattern = std::move(*pattern);
        test.fixed = Value::of_text(tree->scalar);
        break;
      }
      case Test::Kind::in:
      case Test::Kind::not_in:
        if (tree->kind != Tree::Kind::list && !tree->scalar.starts_with("${")) reader.fail(*tree, path + ": expected a list");
        [[fallthrough]];
      default:
        if (auto read = errors.take(operand_test(kind, *tree, scope))) test = std::move(*read);
    }
    tests.push_back(std::move(test));
  }
  return tests;
}

// "200", "2xx" or "200-299".
bool read_statuses(std::string_view text, std::vector<std::pair<int, int>>& out) {
  const auto valid = [](std::optional<int> status) { return status && *status >= 100 && *status <= 599; };
  if (text.size() == 3 && text.ends_with("xx") && text[0] >= '1' && text[0] <= '5') {
    const int first = (text[0] - '0') * 100;
    out.emplace_back(first, first + 99);
    return true;
  }
  const std::size_t dash = text.find('-');
  const auto from = to_number<int>(trim(text.substr(0, dash)));
  const auto to = dash == std::string_view::npos ? from : to_number<int>(trim(text.substr(dash + 1)));
  if (!valid(from) || !valid(to) || *from > *to) return false;
  out.emplace_back(*from, *to);
  return true;
}

void read_status(MapReader& reader, Condition& condition) {
  const Tree* tree = reader.child("status");
  if (tree == nullptr) return;
  Part part;
  part.source = Source::of(Source::Kind::status);
  for (const std::string& text : reader.texts("status")) {
    part.statuses_written += (part.statuses_written.empty() ? "" : ", ") + text;
    if (!read_statuses(text, part.statuses))
      reader.fail(*tree, reader.path_of("status") + ": expected statuses such as 200, 2xx or 200-299, found '" + text + "'");
  }
  if (part.statuses.empty()) reader.fail(*tree, reader.path_of("status") + ": expected at least one status");
  condition.parts.push_back(std::move(part));
  condition.reason = Reason::status;
}

void read_time(MapReader& reader, Condition& condition) {
  if (!reader.has("time")) return;
  const auto limit = reader.duration("time", std::chrono::seconds{1});
  Part part;
  part.source = Source::of(Source::Kind::time);
  Test test;
  test.kind = Test::Kind::le;
  std::string seconds = std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(limit).count());
  if (seconds.size() < 7) seconds.insert(0, 7 - seconds.size(), '0');
  seconds.insert(seconds.size() - 6, 1, '.');
  seconds.erase(seconds.find_last_not_of('0') + 1);
  if (seconds.back() == '.') seconds.pop_back();
  test.fixed = Value::of_number(seconds);
  part.tests.push_back(std::move(test));
  condition.parts.push_back(std::move(part));
  condition.reason = Reason::timeout;
}

Result<Condition> read_condition(const Tree& tree, const std::string& path, bool classifies, const Scope& scope) {
  MapReader reader(tree, path);
  Errors errors;
  Condition condition;
  read_status(reader, condition);
  read_time(reader, condition);
  for (const auto& [key, kind] : kQuantities) {
    const Tree* quantity = reader.child(key);
    if (quantity == nullptr) continue;
    Part part;
    part.source = Source::of(kind);
    part.tests = tests_of_quantity(*quantity, reader.path_of(key), scope, errors);
    condition.parts.push_back(std::move(part));
  }
  std::optional<Source> source = Source::read(reader);
  std::vector<Test> tests = read_tests(reader, scope, errors);
  if (source || !tests.empty()) {
    Part part;
    part.source = source.value_or(Source::of(Source::Kind::body));
    part.tests = std::move(tests);
    if (part.tests.empty()) part.tests.emplace_back();  // it is there
    condition.parts.push_back(std::move(part));
  }
  if (condition.parts.empty())
    reader.fail(tree,
                path + ": expected status, time, size, rows, certificate_days, a place such as json or header, or contains");
  // The reason of a status or a time that stands alone; several things together are an assertion.
  if (condition.parts.size() != 1) condition.reason = Reason::assertion;
  const std::string_view key = classifies ? "as" : "reason";
  if (const Tree* word = reader.child(key); word != nullptr) {
    const std::span<const std::string_view> known(kReasonNames, kReasonsInFiles);
    const std::string text = reader.required_text(key);
    if (const auto reason = reason_in_file(text)) {
      condition.reason = *reason;
    } else {
      std::string all;
      for (const std::string_view name : known) all += (all.empty() ? "" : ", ") + std::string(name);
      reader.fail(*word, reader.path_of(key) + ": '" + text + "' is none of " + all + did_you_mean(text, known));
    }
  } else if (classifies) {
    reader.fail(tree, path + ".as: must be given");
  }
  errors.take(reader.finish());
  if (errors.first()) return *errors.first();
  return condition;
}

Result<std::vector<Condition>> read_list(MapReader& step, std::string_view key, const Scope& scope) {
  std::vector<Condition> conditions;
  const Tree* list = step.list(key);
  if (list == nullptr) return conditions;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const std::string path = step.path_of(key) + "[" + std::to_string(i) + "]";
    Result<Condition> condition = read_condition(list->items[i], path, key == "classify", scope);
    if (!condition) return condition.error();
    conditions.push_back(std::move(*condition));
  }
  return conditions;
}

}  // namespace

Result<Checks> read_checks(MapReader& step, const Scope& scope) {
  Checks checks;
  Result<std::vector<Condition>> classify = read_list(step, "classify", scope);
  if (!classify) return classify.error();
  Result<std::vector<Condition>> expect = read_list(step, "expect", scope);
  if (!expect) return expect.error();
  checks.classify = std::move(*classify);
  checks.expect = std::move(*expect);
  return checks;
}

}  // namespace finwatch::workflow
