// Every pack that is delivered can be read, names its flows in both languages, tags what it creates and removes it again; each of its
// requests can be made from what the operator gives and earlier steps found.
#include <algorithm>
#include <filesystem>

#include "core/files.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/test_folder.h"
#include "workflow/flow/flow_read.h"
#include "workflow/setup.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;

namespace {

// Of 1024 bits, made for this test; nothing is sealed with it.
constexpr std::string_view kPublicKey =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDjPBsPNATY8i9314vNwur1IeRejs/nCGBSaIizpPPuwW8yQrwT0yjLXLdCrq1h"
    "xOtc8dYpN+KkhLugw/EgBR7oprB/M00ohNzv3/OlD3mbqxZeMPyJzsyTJqrPN5S6xR+AzqMz7nOGbcoMtRlB7zh0YmP0+dG28Hxb"
    "T/jSGCI+awIDAQAB";

std::vector<std::string> packs() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(test_folder("../exporters/workflow/packs")))
    if (entry.path().extension() == ".yml") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Whatever the pack asks for.
FlowFile file_of(const std::string& path) {
  FlowFile file;
  file.path = path;
  file.where = {"finwatch-workflow.yml", 1, 1};
  file.grant = {.mode = Mode::write, .hosts = {"erp.example"}, .ledgers = {"BOOK1/BOOK1", "tryton"}, .writes_per_day = 100};
  const Result<Tree> tree = load_yaml(path, {.substitute_environment = false});
  REQUIRE(tree);
  if (const Tree* flows = tree->find("flows"))
    for (const Tree& flow : flows->items) file.only.push_back(flow.find("name")->scalar);
  if (const Tree* parameters = tree->find("parameters"))
    for (std::size_t i = 0; i < parameters->items.size(); ++i)
      if (parameters->items[i].find("default") == nullptr) file.parameters[parameters->keys[i]] = "BOOK1";
  if (const Tree* parameters = tree->find("parameters"); parameters != nullptr && parameters->find("url") != nullptr)
    file.parameters["url"] = "https://erp.example";
  if (const Tree* secrets = tree->find("secrets"))
    for (const Tree& secret : secrets->items)
      file.secrets.emplace(secret.scalar, Secret(secret.scalar == "public_key" ? std::string(kPublicKey) : "s3cret"));
  return file;
}

std::vector<const Step*> steps_of(const Flow& flow) {
  std::vector<const Step*> steps;
  for (const std::vector<Step>* section : {&flow.login, &flow.sweep, &flow.steps, &flow.finally, &flow.logout})
    for (const Step& step : *section) steps.push_back(&step);
  return steps;
}

// All that a step would send, as text; fails the test when it cannot be made.
std::string request_of(const HttpStep& http, Variables& variables) {
  std::string text;
  const auto render = [&](const Template& part, Escape escape) {
    const Status status = part.render(variables, escape, text);
    if (!status) FAIL(status.error().message);
    text += '\n';
  };
  render(http.url, Escape::none);
  for (const NamedTemplate& one : http.query) render(one.text, Escape::percent);
  for (const NamedTemplate& one : http.headers) render(one.text, Escape::none);
  for (const NamedTemplate& one : http.fields) render(one.text, Escape::percent);
  if (http.body != HttpStep::Body::json) {
    render(http.content, http.body == HttpStep::Body::xml ? Escape::xml : Escape::none);
    return text;
  }
  std::string body;
  REQUIRE(http.content.render(variables, Escape::json, body));
  CAPTURE(body);
  CHECK(Value::of_json(body));
  return text + body;
}

void check_flow(const Flow& flow) {
  CAPTURE(flow.name);
  CHECK_FALSE(flow.title.zh.empty());
  CHECK_FALSE(flow.title.en.empty());
  CHECK(flow.schedule);
  CHECK(flow.refusal() == "");
  Variables variables(*flow.scope);
  for (const auto& [place, value] : flow.givens) variables.set(place, value);
  variables.set(flow.run_id, Value::of_text("run-7"));
  variables.set(flow.tag, Value::of_text("PROBE " + flow.name));
  variables.set(flow.trace_id, Value::of_text("0123456789abcdef0123456789abcdef"));
  variables.set(flow.leftover, *Value::of_json("[]"));
  CHECK(steps_of(flow).front()->self_test);
  for (const Step* step : steps_of(flow)) {
    CAPTURE(step->id);
    // Not the status alone: every product here says no with 200, or shows a login page with it.
    CHECK_FALSE(step->checks.expect.empty());
    REQUIRE(set(step->set, variables));
    if (const auto* http = std::get_if<HttpStep>(&step->action)) {
      const std::string request = request_of(*http, variables);
      if (step->effect == Effect::create) CHECK_THAT(request, Catch::Matchers::Contains("run-7"));
    }
    // Good as an id and as a list of rows.
    for (const Extraction& extraction : step->extract) variables.set(extraction.place, *Value::of_json("[1]"));
  }
}

}  // namespace

TEST_CASE("packs: each flow can be read, is named in both languages, and tags what it makes") {
  REQUIRE(packs().size() >= 1);
  const Result<Almanac> almanac = read_almanac(nullptr, "");
  for (const std::string& path : packs()) {
    CAPTURE(path);
    const auto flows = read_flows(file_of(path), *almanac, Context{});
    if (!flows) FAIL(flows.error().message);
    CHECK_FALSE(flows->empty());
    for (const auto& flow : *flows) check_flow(*flow);
  }
}

TEST_CASE("packs: what was never run on the product says so first") {
  for (const std::string& path : packs()) {
    if (path.ends_with("/tryton.yml")) continue;
    CAPTURE(path);
    std::string text = read_file(path).value_or("").substr(0, 1000);
    for (std::size_t at = text.find("\n# "); at != std::string::npos; at = text.find("\n# ")) text.replace(at, 3, " ");
    for (const char* words :
         {"written from public descriptions of its interfaces", "never run on the product", "从未在真实产品上运行"})
      CHECK_THAT(text, Catch::Matchers::Contains(words));
  }
}

TEST_CASE("packs: the guide names each pack, its flows, and what must be given; its example can be read") {
  const Result<Almanac> almanac = read_almanac(nullptr, "");
  for (const char* name : {"workflow-packs.md", "workflow-packs.zh-CN.md"}) {
    CAPTURE(name);
    const Result<std::string> guide = read_file(test_folder(std::string("../docs/guides/") + name));
    REQUIRE(guide);
    const auto names = [&](const std::string& word) { CHECK_THAT(*guide, Catch::Matchers::Contains("`" + word + "`")); };
    for (const std::string& path : packs()) {
      const FlowFile file = file_of(path);
      names(std::filesystem::path(path).filename().string());
      for (const auto& [parameter, value] : file.parameters) names(parameter);
      for (const auto& [secret, value] : file.secrets) names(secret);
      const auto flows = read_flows(file, *almanac, Context{});
      REQUIRE(flows);
      for (const auto& flow : *flows) names(flow->name);
    }
    const auto block = [&](const std::string& first) {
      const std::size_t begin = guide->find("```yaml\n" + first) + 8;
      return guide->substr(begin, guide->find("```", begin) - begin);
    };
    TemporaryTree tree;
    tree.write("own.yml", block("parameters:"));
    FlowFile own = file_of(tree.path("own.yml"));
    own.grant.ledgers = {"BOOK1"};
    const auto flows = read_flows(own, *almanac, Context{});
    if (!flows) FAIL(flows.error().message);
    check_flow(*flows->front());

    std::string configuration = block("state:");
    for (const char* secret : {"maker", "checker", "sap"}) tree.write(secret, "s3cret");
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"/etc/finwatch/", tree.path("")},
                                   {"file: packs/", "file: " + test_folder("../exporters/workflow/packs/")}})
      for (std::size_t at = configuration.find(from); at != std::string::npos; at = configuration.find(from, at + to.size()))
        configuration.replace(at, from.size(), to);
    const Result<Tree> file = parse_yaml(configuration, tree.path("finwatch-workflow.yml"));
    REQUIRE(file);
    const auto setup = read_setup(*file);
    if (!setup) FAIL(setup.error().message);
    for (const auto& flow : (*setup)->flows) CHECK(flow->refusal() == "");
    CHECK((*setup)->flows.size() == 6);  // four of Tryton, which leave nothing behind, and two of SAP
  }
}
