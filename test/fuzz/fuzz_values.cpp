// What a flow file writes of values, against any answer: texts with ${…}, `set`, `extract`, `classify` and `expect` are refused with a
// sentence or work; what is sent as JSON is JSON; no message and nothing that is shown to a person holds a secret.
#include <string>

#include "conf/yaml.h"
#include "exporters/workflow/value/counting_random.h"
#include "fuzz/fuzz.h"
#include "workflow/value/expect.h"
#include "workflow/value/extract.h"

using namespace finwatch;
using namespace finwatch::workflow;
using fuzz::require;

namespace {

// One that no input holds, as it is made of all of it.
std::string secret_of(std::string_view input) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : input) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return "s" + std::to_string(hash);
}

struct Bench {
  Bench(std::string its_secret, std::string_view body) : secret(std::move(its_secret)) {
    token = scope.add("token");
    number = scope.add("number");
    inside = scope.add("inside");
    answer.status = 200;
    answer.time = std::chrono::milliseconds{7};
    answer.body = body;
    answer.headers = {{"Location", "/home?ticket=7"}, {"Set-Cookie", "sid=ledger; Path=/"}};
    answer.rows = Rows{{"book", "balance"}, {{"cash", "1.00"}, {std::nullopt, "-2"}}};
    answer.certificate_days = 30;
  }
  Variables variables() const {
    Variables made(scope);
    made.set(token, Value::of_text(secret, true));
    made.set(number, Value::of_number(7));
    made.set(inside, Value::of_json(R"({"rows":[{"id":1,"state":"draft"},{"id":2,"state":"posted"}],"note":"凭证"})")
                         .value_or(Value::of_null()));
    return made;
  }
  void said(const Status& status) const {
    if (status) return;
    fuzz::require_text(status.error().message);
    hidden(status.error().message);
  }
  void hidden(std::string_view text) const {
    require(text.find(secret) == std::string_view::npos, "what a person reads holds no secret");
  }

  workflow::test::CountingRandom random;
  ManualClock clock;
  Scope scope{Context{.clock = &clock, .random = &random}};
  std::size_t token = 0, number = 0, inside = 0;
  std::string secret;
  Answer answer;
};

void try_template(const Result<Template>& made, Escape escape, const Bench& bench) {
  if (!made) return bench.said(made.error());
  Variables variables = bench.variables();
  bench.hidden(made->show(variables, escape));
  std::string out;
  bool secret = false;
  const Status status = made->render(variables, escape, out, &secret);
  bench.said(status);
  if (!status) return;
  if (out.find(bench.secret) != std::string::npos) require(secret, "who sends a secret knows it");
  bench.hidden(variables.masker().mask(out));
}

void try_json(const Tree& tree, const Bench& bench) {
  const Result<Template> made = Template::compile_json(tree, bench.scope);
  try_template(made, Escape::json, bench);
  if (!made) return;
  Variables variables = bench.variables();
  std::string out;
  if (!made->render(variables, Escape::json, out)) return;
  require(utf8_prefix(out) != out.size() || Value::of_json(out), "what is sent as JSON is JSON");
}

void try_answer(const Tree& tree, Bench& bench) {
  if (const Tree* map = tree.find("set"); map != nullptr && map->kind == Tree::Kind::map) {
    const auto settings = read_settings(*map, "set", bench.scope);
    if (!settings) return bench.said(settings.error());
    Variables variables = bench.variables();
    bench.said(set(*settings, variables));
  }
  std::vector<Extraction> extractions;
  if (const Tree* map = tree.find("extract"); map != nullptr && map->kind == Tree::Kind::map) {
    Result<std::vector<Extraction>> read = read_extractions(*map, "extract", bench.scope);
    if (!read) return bench.said(read.error());
    extractions = std::move(*read);
  }
  MapReader reader(tree, "");
  const Result<Checks> checks = read_checks(reader, bench.scope);
  if (!checks) return bench.said(checks.error());
  Variables variables = bench.variables();
  bench.said(extract(extractions, bench.answer, variables));
  const std::optional<Failure> failure = first_failure(*checks, bench.answer, variables);
  if (!failure) return;
  bench.hidden(failure->sentence);
  require(!failure->sentence.empty(), "a failure says what was expected");
}

}  // namespace

// The body of an answer, a zero byte, and YAML with some of text, json, sql, set, extract, classify and expect.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  const std::string secret = secret_of(bytes.rest());
  Bench bench(secret, bytes.text());
  const Result<Tree> tree = parse_yaml(bytes.rest(), "fuzz.yml", {.substitute_environment = false});
  if (!tree || tree->kind != Tree::Kind::map) return 0;
  if (const Tree* text = tree->find("text"); text != nullptr && text->kind == Tree::Kind::scalar)
    for (const Escape escape : {Escape::none, Escape::json, Escape::percent, Escape::xml, Escape::header, Escape::line})
      try_template(Template::compile(*text, bench.scope), escape, bench);
  if (const Tree* sql = tree->find("sql"); sql != nullptr && sql->kind == Tree::Kind::scalar)
    try_template(Template::compile_sql(*sql, bench.scope), Escape::sql, bench);
  if (const Tree* json = tree->find("json")) try_json(*json, bench);
  if (tree->find("classify") != nullptr || tree->find("expect") != nullptr || tree->find("extract") != nullptr ||
      tree->find("set") != nullptr)
    try_answer(*tree, bench);
  return 0;
}
