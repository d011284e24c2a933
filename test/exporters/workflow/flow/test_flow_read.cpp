#include "workflow/flow/flow_read.h"

#include "support/catch.h"
#include "support/changed.h"
#include "support/collector_test.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

// A voucher as Tryton takes it: saved, read back, removed whatever happens.
constexpr std::string_view kVoucher = R"(parameters:
  url: {default: "http://127.0.0.1:8000"}
  database: {}
secrets: [maker_password]
flows:
  - name: voucher_entry
    title: {zh: 凭证录入, en: Voucher entry}
    mode: write
    ledger: "${database}"
    schedule: {every: 60s}
    budget: {total: 20s, cleanup: 10s, slo: 2s}
    session: {keep: 15m}
    login:
      - id: login
        effect: login
        http: {post: "${url}/${database}/", json: {method: common.db.login, params: [maker, {password: "${maker_password}"}]}}
        extract: {token: {json: "$.result[1]", secret: true}}
        classify: [{status: 401, as: authentication}]
    steps:
      - id: save
        creates: voucher
        http:
          post: "${url}/${database}/"
          headers: {Authorization: "Session ${token}"}
          json: {method: model.account.move.create, params: [[{description: "${tag}", amount: "1.00"}]]}
        extract: {voucher: {json: "$.result[0]"}}
        expect: [{status: 200}, {json: $.result, exists: true}]
      - id: read_back
        effect: read
        idempotent: true
        retry: {most: 2, pause: 100ms}
        http: {post: "${url}/${database}/", json: {method: model.account.move.read, params: [["${voucher}"]]}}
    finally:
      - id: delete
        removes: voucher
        when: "${voucher}"
        http: {post: "${url}/${database}/", json: {method: model.account.move.delete, params: [["${voucher}"]]}}
)";

struct Files {
  TemporaryTree tree;
  FlowFile file;

  explicit Files(std::string_view text) {
    tree.write("flow.yml", text);
    file.path = tree.path("flow.yml");
    file.where = {"finwatch-workflow.yml", 4, 5};
    file.parameters = {{"database", "tryton"}};
    file.secrets.emplace("maker_password", Secret("s3cret"));
  }
  Result<std::vector<std::shared_ptr<const Flow>>> read() const {
    return read_flows(file, *read_almanac(nullptr, ""), Context{});
  }
  std::string error() const {
    const auto flows = read();
    return flows ? "" : flows.error().message;
  }
};

std::string error_of(std::string_view text) { return Files(text).error(); }

Grant all_granted() { return {.mode = Mode::write, .hosts = {"127.0.0.1"}, .ledgers = {"tryton"}, .writes_per_day = 100}; }

}  // namespace

TEST_CASE("flow: a voucher from its login to its removal") {
  Files files(kVoucher);
  files.file.prefix = "tryton_";
  files.file.grant = all_granted();
  const auto flows = files.read();
  REQUIRE(flows);
  REQUIRE(flows->size() == 1);
  const Flow& flow = *flows->front();
  CHECK(flow.name == "tryton_voucher_entry");
  CHECK(flow.title.zh == "凭证录入");
  CHECK(flow.total == 20s);
  CHECK(flow.keep_session == 15min);
  CHECK(flow.schedule->every == 60s);
  CHECK(std::find(flow.buckets.begin(), flow.buckets.end(), 2.0) != flow.buckets.end());
  REQUIRE(flow.login.size() == 1);
  REQUIRE(flow.steps.size() == 2);
  CHECK(flow.steps[0].effect == Effect::create);
  CHECK(flow.steps[0].record == "voucher");
  CHECK(flow.steps[1].retries == 2);
  REQUIRE(flow.finally.size() == 1);
  CHECK(flow.finally[0].when);
  CHECK(flow.refusal() == "");

  Variables variables(*flow.scope);
  for (const auto& [place, value] : flow.givens) variables.set(place, value);
  std::string body;
  const auto& login = std::get<HttpStep>(flow.login[0].action);
  CHECK(login.method == "POST");
  REQUIRE(login.content.render(variables, Escape::json, body));
  CHECK(body == R"({"method":"common.db.login","params":["maker",{"password":"s3cret"}]})");
  CHECK(login.content.show(variables, Escape::json).find("s3cret") == std::string::npos);
}

TEST_CASE("flow: what is not granted is refused, with what to do") {
  Files files(kVoucher);
  const auto refusal = [&](const Grant& grant) {
    files.file.grant = grant;
    const auto flows = files.read();
    return flows ? flows->front()->refusal() : flows.error().message;
  };
  CHECK_THAT(refusal({}), Catch::Matchers::Contains("needs mode: write"));
  Grant grant = all_granted();
  grant.mode = Mode::simulate;
  CHECK_THAT(refusal(grant), Catch::Matchers::Contains("grants simulate"));
  grant = all_granted();
  grant.hosts.clear();
  CHECK_THAT(refusal(grant), Catch::Matchers::Contains("allow.hosts"));
  grant = all_granted();
  grant.writes_per_day = 0;
  CHECK_THAT(refusal(grant), Catch::Matchers::Contains("writes_per_day"));
  grant = all_granted();
  grant.ledgers = {"production"};
  CHECK_THAT(refusal(grant), Catch::Matchers::Contains("ledger 'tryton'"));
}

TEST_CASE("flow: a mistake names its place and the next step") {
  struct Case {
    std::string_view from, to, words;
  };
  const Case cases[] = {
      {"removes: voucher", "effect: read", "add a step under finally that says removes: voucher"},
      {"    mode: write\n    ledger: \"${database}\"\n", "    mode: read_only\n", "this step needs mode: write"},
      {"    ledger: \"${database}\"\n", "", "which ledger"},
      {"        creates: voucher\n", "", "a POST says what it does"},
      {"${token}", "${tocken}", "did you mean 'token'"},
      {"id: read_back", "id: save", "a second step is called 'save'"},
      {"        idempotent: true\n", "", "only a step that says idempotent: true is tried again"},
      {"        creates: voucher\n", "        creates: voucher\n        idempotent: true\n", "is never repeated"},
      {"schedule: {every: 60s}", "schedule: {evry: 60s}", "give either 'every'"},
      {"mode: write", "mode: wirte", "expected read_only, simulate or write"},
      {"        http:\n", "        wait: 1s\n        http:\n", "one of http, sql, tcp, tls, dns, icmp and wait"},
      {"effect: login\n        http: {post:", "effect: login\n        http: {get: \"x\", post:", "is enough"},
      {"        creates: voucher\n", "        creates: voucher\n        self_test: true\n", "a self-test only reads"},
      {"        effect: read\n", "        effect: read\n        self_test: true\n", "comes before every other step"},
      {"    finally:\n", "    finally:\n      - {id: undo, removes: voucher, sql: {connection: c, query: DELETE}}\n",
       "a statement only reads"},
      {"    finally:\n", "    finally:\n      - {id: ask, sql: {connection: c, query: \"SELECT '${voucher}'\"}}\n",
       "leave them out"},
      {"expect: [{status: 200}", "expct: [{status: 200}", "expct"},
      {"secrets: [maker_password]", "secrets: [maker_password, other]", "needs the secret 'other'"},
      {"  database: {}\n", "  database: {}\n  company: {}\n", "needs the parameter 'company'"},
  };
  for (const Case& one : cases) {
    const std::string error = error_of(changed(kVoucher, one.from, one.to));
    CAPTURE(one.from, one.to);
    CHECK_THAT(error, Catch::Matchers::Contains(std::string(one.words)));
    CHECK_THAT(error, Catch::Matchers::Contains(".yml:"));
    CHECK_THAT(error, !Catch::Matchers::Contains("s3cret"));
  }
}

TEST_CASE("flow: the configuration gives what the file declares, and nothing else") {
  Files files(kVoucher);
  files.file.parameters["databse"] = "x";
  CHECK_THAT(files.error(), Catch::Matchers::Contains("no parameter 'databse'; did you mean 'database'"));
  files.file.parameters.erase("databse");
  files.file.only = {"voucher_enty"};
  CHECK_THAT(files.error(), Catch::Matchers::Contains("no flow 'voucher_enty'; did you mean 'voucher_entry'"));
  files.file.only = {"voucher_entry"};
  CHECK(files.error() == "");
}

TEST_CASE("flow: one that must be named runs only where it is") {
  Files files(changed(kVoucher, "    mode: write\n", "    mode: write\n    only_by_name: true\n"));
  REQUIRE(files.read());
  CHECK(files.read()->empty());
  files.file.only = {"voucher_entry"};
  CHECK(files.read()->size() == 1);
}

TEST_CASE("flow: what is signed and sent is worked out once") {
  Files files(R"(flows:
  - name: signed
    title: {zh: 签名, en: Signed}
    schedule: {every: 60s}
    steps:
      - id: ask
        effect: read
        set:
          body: {account: "1001", stamp: "${unix_ms()}"}
          signature: "${sha256(body)}"
        http: {post: "http://127.0.0.1/", headers: {signature: "${signature}"}, json: "${body}"}
)");
  files.file.parameters.clear();
  files.file.secrets.clear();
  const auto flows = files.read();
  REQUIRE(flows);
  const Step& step = flows->front()->steps[0];
  Variables variables(*flows->front()->scope);
  REQUIRE(set(step.set, variables));
  std::string body, signature;
  const auto& http = std::get<HttpStep>(step.action);
  REQUIRE(http.content.render(variables, Escape::json, body));
  REQUIRE(http.headers[0].text.render(variables, Escape::header, signature));
  CHECK_THAT(body, Catch::Matchers::StartsWith(R"({"account":"1001","stamp":1)"));
  CHECK(signature == to_hex(*digest(Hash::sha256, body)));
}
