// The JSON Schemas that editors read, held beside the readers: a key that one knows and the other does not is found here.
#include <set>

#include "conf/yaml.h"
#include "core/files.h"
#include "rules/tool/alerts/alert.h"
#include "support/catch.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;

namespace {

using Keys = std::map<std::string, std::set<std::string>>;

// JSON is YAML.
Tree schema(const std::string& name) {
  const Result<Tree> tree =
      load_yaml(test_folder("../rules/schema/" + name + ".schema.json"), {.substitute_environment = false});
  if (!tree) FAIL(tree.error().message);
  return *tree;
}

// Through `$ref`, and through `allOf: [{$ref}]`, which carries a description of its own.
const Tree& followed(const Tree& root, const Tree& node) {
  if (const Tree* all = node.find("allOf"); all != nullptr && node.find("properties") == nullptr)
    return followed(root, all->items.at(0));
  const Tree* ref = node.find("$ref");
  if (ref == nullptr) return node;
  const std::string name = ref->scalar.substr(ref->scalar.rfind('/') + 1);
  return followed(root, *root.find("definitions")->find(name));
}

// The keys of every map of the schema by its path: "services[].latency", "people.*".
void collect(const Tree& root, const Tree& at, const std::string& path, Keys& keys) {
  const Tree& node = followed(root, at);
  const auto below = [&](const std::string& name) { return path.empty() ? name : path + "." + name; };
  if (const Tree* properties = node.find("properties")) {
    for (std::size_t i = 0; i < properties->keys.size(); ++i) {
      keys[path].insert(properties->keys[i]);
      collect(root, properties->items[i], below(properties->keys[i]), keys);
    }
  }
  if (const Tree* more = node.find("additionalProperties"); more != nullptr && more->kind == Tree::Kind::map)
    collect(root, *more, below("*"), keys);
  if (const Tree* items = node.find("items")) collect(root, *items, path + "[]", keys);
  if (const Tree* any = node.find("anyOf"))
    for (const Tree& one : any->items)
      if (one.find("required") == nullptr) collect(root, one, path, keys);
}

// "services[0].latency" as "services[].latency"; an id of one's own choice, which the documents below write as Any1, as *.
std::string general(const std::string& path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    out += path[i];
    if (path[i] == '[') i = path.find(']', i) - 1;
  }
  for (std::size_t at = out.find("Any1"); at != std::string::npos; at = out.find("Any1")) out.replace(at, 4, "*");
  return out;
}

// What readers ask for only to say that it does not belong here: a secret itself, where they want the file that has it.
bool is_refused(const std::set<std::string>& keys, const std::string& key) { return keys.contains(key + "_file"); }

template <class Read>
Keys asked_by(const std::vector<std::string>& documents, Read read) {
  Keys keys;
  for (const std::string& document : documents) {
    const Result<Tree> tree = parse_yaml(document, "x.yaml", {.substitute_environment = false});
    if (!tree) FAIL(tree.error().message);
    const AskedKeys asked;
    const auto done = read(*tree);
    if (!done) FAIL(done.error().message);
    for (const auto& [path, names] : asked.by_path()) keys[general(path)].insert(names.begin(), names.end());
  }
  for (auto& [path, names] : keys) {
    const std::set<std::string> all = names;
    std::erase_if(names, [&](const std::string& key) { return key.starts_with("Any1") || is_refused(all, key); });
  }
  std::erase_if(keys, [](const auto& one) { return one.second.empty(); });  // a map with keys of one's own choice only
  return keys;
}

void compare(const Keys& schema_keys, const Keys& asked) {
  for (const auto& [path, names] : schema_keys) {
    CAPTURE(path);
    REQUIRE(asked.contains(path));  // else: no document of this test has it, or no reader
    CHECK(names == asked.at(path));
  }
  for (const auto& [path, names] : asked) {
    CAPTURE(path);
    CHECK(schema_keys.contains(path));
  }
}

// Every section and every kind of thing in it, so that every reader is asked.
constexpr std::string_view kEverything = R"(version: 1
organisation: {name: {zh: 组, en: O}}
targets: {}
calendar: {business_hours: {}, close_window: {}, maintenance: {planned: [{id: M, from: 2026-12-06T22:00, to: 2026-12-07T02:00}]}}
classes: {Any1: {name: {zh: 类, en: C}, answer: 1h}}
severities: {Any1: {name: {zh: 级, en: S}, policy: Any1}}
policies: {Any1: [{tell: Any1, by: [email]}]}
people: {Any1: {name: {zh: 人, en: P}}}
duties: {Any1: {name: {zh: 职, en: D}, people: [Any1]}}
services:
  - {id: Any1, name: {zh: 服, en: S}, class: Any1, measured_by: {flow: f}, availability: {}, latency: {within: 1s}, closed_by: {book: b}}
  - {id: b, name: {zh: 服, en: S}, class: Any1, measured_by: {job: j, instances: [i]}, availability: {}}
thresholds: {Any1: {Any1: 3}}
costs: {currency: CNY, hour_of_work: 1, sms: 1, voice: 1, hour_of_downtime: {Any1: 1}, monthly: [{name: {zh: 项, en: I}, amount: 1}]}
channels:
  email: {smarthost: "a:25", from: a@b, fallback: Any1}
  notifier: {url: "http://a"}
  dingtalk: {url_file: /u}
  wecom: {url_file: /u}
  feishu: {url_file: /u}
  http: {url_file: /u, success: {pointer: /a, equals: b}}
  sms: {SMS}
  voice: {VOICE}
scrape: {jobs: {Any1: {targets: ["a:1"], params: {Any1: [x]}}}}
)";

std::string with_phones(const std::string& sms, const std::string& voice) {
  std::string text(kEverything);
  text.replace(text.find("SMS"), 3, sms);
  return text.replace(text.find("VOICE"), 5, voice);
}

}  // namespace

TEST_CASE("schema: the contract's has the keys that are read, and no others") {
  const std::string cloud = "key_id_file: /k, key_secret_file: /s, template: T, app: A";
  const std::vector<std::string> documents = {
      with_phones("provider: tencent, sign_name: S, " + cloud, "provider: tencent, " + cloud),
      with_phones("provider: http, url_file: /u, success: {pointer: /a, equals: b}",
                  "provider: http, url_file: /u, success: {pointer: /a, equals: b}")};
  Keys keys;
  const Tree root = schema("sla");
  collect(root, root, "", keys);
  CHECK(keys.at("").contains("services"));
  CHECK(keys.at("services[].latency") == std::set<std::string>{"within", "objective"});
  compare(keys, asked_by(documents, [](const Tree& tree) { return read_contract(tree); }));
}

TEST_CASE("schema: an area's has the keys that are read, and no others") {
  const std::string area = R"(area: a
name: {zh: 域, en: A}
recordings: [{record: "a:b:c", expr: x}]
alerts:
  - id: Any
    title: {zh: 题, en: T}
    text: {zh: 文, en: T}
    expr: x
    parameters: {Any1: 3}
    severity: s
    class: c
    inhibits: [{area: b, same: [x]}]
    firing: [{series: {a: "1"}, at: 1m, labels: {x: "1"}}]
    silent: [{series: {a: "1"}, at: 1m}]
)";
  Keys keys;
  const Tree root = schema("alerts");
  collect(root, root, "", keys);
  compare(keys, asked_by({area}, [](const Tree& tree) { return read_area(tree); }));
}
