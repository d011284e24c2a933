#include "value_test.h"
#include "workflow/value/expect.h"
#include "workflow/value/extract.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::workflow::test;
using Catch::Matchers::Contains;

namespace {

Answer tryton(std::string body) {
  Answer answer;
  answer.status = 200;
  answer.time = std::chrono::milliseconds{120};
  answer.body = std::move(body);
  answer.headers = {{"Set-Cookie", "JSESSIONID=abc; Path=/"}, {"Location", "/cas?ticket=ST-1&x"}};
  return answer;
}

// The reason and sentence of what fails, "well" when nothing does, the message when the text is no configuration.
std::string judged(std::string_view text, const Answer& answer) {
  const Tree tree = yaml(text);
  const Scope scope;
  MapReader reader(tree, "step");
  const Result<Checks> checks = read_checks(reader, scope);
  if (!checks) return checks.error().message;
  Variables variables(scope);
  const auto failure = first_failure(*checks, answer, variables);
  return failure ? std::string(to_string(failure->reason)) + ": " + failure->sentence : "well";
}

}  // namespace

TEST_CASE("extract: from JSON, headers, cookies, forms, XML and rows") {
  Scope scope;
  const Tree tree = yaml(
      "id: {json: '$.result[0]'}\nall: {json: '$.rows[?(@.s == ''posted'')].n', all: true}\nsid: {cookie: JSESSIONID, secret: "
      "true}\n"
      "ticket: {header: location, regex: 'ticket=([^&]+)'}\nnone: {json: /nothing, default: 7}\n");
  const auto extractions = read_extractions(tree, "extract", scope);
  REQUIRE(extractions);
  Variables variables(scope);
  const Answer answer = tryton(R"({"result":[12345678901234567890],"rows":[{"s":"draft","n":1},{"s":"posted","n":2.50}]})");
  REQUIRE(extract(*extractions, answer, variables));
  CHECK(variables.get("id").text == "12345678901234567890");
  CHECK(variables.get("all").text == "[2.50]");
  CHECK(variables.get("sid").secret);
  CHECK(variables.get("ticket").text == "ST-1");
  CHECK(variables.get("none").text == "7");
  const Tree missing = yaml("v: {json: /Result/Id}\nt: {json: /token, secret: true}\n");
  const auto wanted = read_extractions(missing, "extract", scope);
  REQUIRE(wanted);
  Variables others(scope);
  const Status status = extract(*wanted, tryton(R"({"token":"s3cret-token"})"), others);
  REQUIRE_FALSE(status);
  CHECK(status.error().message == R"(extract v: json /Result/Id found nothing; the body begins: {"token":"****"})");
}

TEST_CASE("expect: the first that is broken says what was expected and found") {
  const Answer answer = tryton(R"({"result":[{"state":"draft","debit":"1.00"}],"ok":"false"})");
  CHECK(judged("expect: [{status: 2xx}, {time: 2s}, {json: '$.result[0].debit', eq: 1}, {contains: draft}]", answer) == "well");
  CHECK_THAT(judged("expect: [{status: [201, 300-399]}]", answer),
             Contains("status: expected the status 201, 300-399, found 200"));
  CHECK(judged("expect: [{time: 100ms}]", answer) == "timeout: expected the time in seconds to be at most 0.1, found 0.120000");
  CHECK(judged("expect: [{json: /ok, eq: true, reason: data}]", answer) == "data: expected json /ok to be true, found 'false'");
  CHECK(judged("expect: [{json: /result, length: {ge: 2}}]", answer) ==
        "assertion: expected the length of json /result to be at least 2, found 1");
  CHECK_THAT(judged("expect: [{json: /no, exists: true}]", answer),
             Contains("expected json /no to be there, found nothing; the body"));
  CHECK(judged("expect: [{matches: '(a+)+$'}]", tryton(std::string(1'000'000, 'a') + "b")).starts_with("assertion: "));
  CHECK_THAT(judged("expect: [{json: /a}]", tryton(std::string(1'000'000, '['))), Contains("more than 256 levels"));
  CHECK_THAT(judged("expect: [{json: /a}]", tryton("{\"a\":\"\xff\"}")), Contains("not JSON"));
}

TEST_CASE("classify: what betrays a failure names it before any expectation") {
  const Answer closed = tryton(R"({"id":1,"error":["UserError",["You cannot create in closed period \"2026-03\".","",null]]})");
  CHECK_THAT(judged("classify: [{json: /error/1/0, contains: closed period, as: data}]\nexpect: [{json: /result}]", closed),
             Contains("data: json /error/1/0 is 'You cannot create in closed period"));
}

TEST_CASE("expect: a wrong file is refused with its place") {
  const Answer answer = tryton("{}");
  CHECK_THAT(judged("expect:\n  - {status: 99}\n", answer), Contains("flow.yml:2:") && Contains("expected statuses such as"));
  CHECK_THAT(judged("expect:\n  - {jsn: /a}\n", answer), Contains("flow.yml:2:"));
  CHECK_THAT(judged("classify:\n  - {status: 401, as: authentification}\n", answer),
             Contains("did you mean 'authentication'?"));
  CHECK_THAT(judged("expect: [{matches: '('}]", answer), Contains("regular expression"));
}

TEST_CASE("xml: by local name, or by a map of prefixes; html: a hidden field as pages write it") {
  Answer answer = tryton(R"(<s:E xmlns:s="urn:soap"><s:Body><n1:a xmlns:n1="urn:x">1.50</n1:a></s:Body></s:E>)");
  CHECK(judged("expect: [{xpath: '//Body/a', eq: 1.5}, {xpath: 'count(//a)', eq: 1}]", answer) == "well");
  CHECK(judged("expect: [{xpath: '//soap:Body/x:a', namespaces: {soap: 'urn:soap', x: 'urn:x'}, eq: 1.5}]", answer) == "well");
  CHECK_THAT(judged("expect: [{xpath: '//s:Body'}]", answer), Contains("the prefix 's' is not in 'namespaces'"));
  answer.body = "<!-- <input name=t value=no> --><INPUT value='a&amp;b&#33;' type=hidden NAME=\"t\">";
  CHECK(judged("expect: [{html_field: t, eq: 'a&b!'}]", answer) == "well");
}
