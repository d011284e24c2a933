#include "value_test.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::workflow::test;
using Catch::Matchers::Contains;

TEST_CASE("template: texts, functions, time and chance") {
  constexpr std::pair<const char*, const char*> kTexts[] = {
      {"plain $5 $$ $${x}", "plain $5 $ ${x}"},
      {"${upper('ab')}${lower(\"CD\")}|${trim(' x ')}|${substr('总账凭证', 2)}|${substr('abcdef', -3, 2)}", "ABcd|x|凭证|de"},
      {"${base64(hmac_sha256('Jefe', 'what do ya want for nothing?', 'raw'))}", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="},
      {"${base64url('~~~')} ${unbase64('Zm9v')} ${hex('a')} ${unhex('61')} ${urlencode('a b')} ${json('a\"b')}",
       "fn5- foo 61 a a%20b \"a\\\"b\""},
      {"${hex(xor('ab', 'a'))} ${md5('abc')}", "0003 900150983cd24fb0d6963f7d28e17f72"},
      {"${now()} ${now('%Y%m%d%H%M%S%L', '+08:00')} ${today()} ${today('+20:00')}", ""},
      {"${today()} ${add_days('2024-02-28', 1)} ${add_months('2026-01-31', 1)} ${add_months('2024-03-31', -1)}",
       "2026-11-26 2024-02-29 2026-02-28 2024-02-29"},
      {"${period()} ${period('2026-01-05', '%Y%m')} ${month('2026-01-05')} ${format_date('2026-03-09', '%y/%j')}",
       "2026-11 202601 1 26/068"},
      {"${last_workday('2026-05-10')} ${nth_workday(1, '2026-08-15')} ${workday('2026-11-28')} ${add_workdays('2026-11-27', "
       "1)}",
       "2026-05-29 2026-08-03 false 2026-11-30"},
      {"${unix_time()} ${unix_ms()}", "1795669567 1795669567089"},
      {"${add('0.1', 0.2)} ${subtract(1, '0.90')} ${sum(parse_json('[1.10, \"2\"]'))} ${length('总账')}", "0.3 0.10 3.10 2"},
  };
  for (const auto& [text, expected] : kTexts) {
    CAPTURE(text);
    if (*expected == 0) {
      CHECK_THAT(rendered(text), Contains("unknown time zone '+20:00'"));
    } else {
      CHECK(rendered(text) == expected);
    }
  }
  CHECK(rendered("${now('%FT%T.%L%:z', '+08:00')}") == "2026-11-26T13:06:07.089+08:00");
  CHECK(rendered("${uuid()}").size() == 36);
  CHECK(rendered("${random_int(7, 7)}") == "7");
  CHECK(rendered("${random_text(12)}").size() == 12);
}

TEST_CASE("template: what is wrong is said with its place when the file is read") {
  Scope scope;
  scope.add("host");
  Variables variables(scope);
  constexpr std::pair<const char*, const char*> kWrong[] = {
      {"https://${hots}", "flow.yml:1:11: unknown variable 'hots': nothing before here sets it; did you mean 'host'?"},
      {"${sha265('a')}", "unknown function 'sha265'; did you mean 'sha256'?"},
      {"${sha256()}", "expected 1 to 2 arguments as in sha256(text, output='hex'), found 0"},
      {"${sha256(host, 'bas64')}", "did you mean 'base64'?"},
      {"${today}", "'today' is a function"},
      {"${now('%Q')}", "is no format of a time"},
      {"${host", "never closed"},
      {"${'abc}", "never ends"},
      {"${host[}", "expected an index"},
      {"${add_days('2026-02-30', 1)}", "expected a date"},
  };
  for (const auto& [text, message] : kWrong) {
    CAPTURE(text);
    CHECK_THAT(rendered(text, variables, scope), Contains("error: flow.yml:1:") && Contains(message));
  }
  CHECK_THAT(rendered("${host}", variables, scope), Contains("variable 'host' is not set"));
  CHECK(rendered("${default(host, 'x')}", variables, scope) == "x");
  CHECK(rendered("${not(host)} ${all(1, host)} ${any(host, 'x')}", variables, scope) == "true false true");
  CHECK(rendered("${join(parse_json('[1, \"a\", [2]]'), ', ')} ${join(parse_json('[]'), ',')}|") == "1, a, [2] |");
  constexpr std::string_view kRows = "parse_json('[{\"id\":1,\"text\":\"PROBE a\"},{\"id\":2,\"text\":\"rent\"},{\"id\":3}]')";
  CHECK(rendered("${pluck(where(" + std::string(kRows) + ", '/text', 'PROBE '), '/id')}") == "[1]");
  CHECK(rendered("${pluck(where(parse_json('[[7,\"PROBE b\"],[8,\"x\"]]'), '/1', 'PROBE'), '/0')}") == "[7]");
  CHECK_THAT(rendered("${where(parse_json('[\"a\"]'), '/0', '')}"), Contains("needs the text that is looked for"));
  CHECK(rendered("${join(parse_json('null'), ',')}|") == "|");
  CHECK_THAT(rendered("${pluck('a', '/0')}"), Contains("expected a list, found 'a'"));
  CHECK(rendered("${not('')} ${not(0)} ${not('0.00')} ${not(false)} ${not('a')} ${all('a', 1)}") ==
        "true true true true false true");
}

TEST_CASE("template: a JSON body keeps types and digits, and nothing breaks out of its quotes") {
  Scope scope;
  for (const char* name : {"id", "name", "rows"}) scope.add(name);
  const Tree tree = yaml(
      "id: \"${id}\"\ntext: 'n ${name}'\nall: \"${rows}\"\nmoney: 12345678901234567890.10\naccount: 0012\nquoted: '80'\nyes: "
      "true\nnone: null\n"
      "inner: [\"${rows[0].k}\", \"${text(id)}\", \"${rows/0/k}\"]\n");
  const Result<Template> body = Template::compile_json(tree, scope);
  REQUIRE(body);
  Variables variables(scope);
  variables.set("id", Value::of_number("9007199254740993"));
  variables.set("name", Value::of_text("a\",\"x\":\"\n"));
  variables.set("rows", *Value::of_json(R"([{"k":1.10}])"));
  std::string out;
  REQUIRE(body->render(variables, Escape::json, out));
  CHECK(out == R"({"id":9007199254740993,"text":"n a\",\"x\":\"\n","all":[{"k":1.10}],"money":12345678901234567890.10,)"
               R"("account":"0012","quoted":"80","yes":true,"none":null,"inner":[1.10,"9007199254740993",1.10]})");
  CHECK(rendered(R"({"a": ${name}, "b": "${name}"})", variables, scope, Escape::json) ==
        R"({"a": "a\",\"x\":\"\n", "b": "a\",\"x\":\"\n"})");
  CHECK_THAT(rendered("${name}", variables, scope, Escape::header), Contains("line break"));
}

TEST_CASE("template: a statement gets literals, and nothing breaks out of their quotes") {
  Scope scope;
  for (const char* name : {"text", "number", "truth", "nothing", "list", "unset"}) scope.add(name);
  Variables variables(scope);
  variables.set("text", Value::of_text("O'Brien"));
  variables.set("number", Value::of_number("-12.50"));
  variables.set("truth", Value::of_boolean(true));
  variables.set("nothing", Value::of_null());
  variables.set("list", *Value::of_json(R"(["a'b"])"));
  const auto said = [&](const char* statement) {
    const Result<Template> compiled = Template::compile_sql(yaml("sql: |\n  " + std::string(statement)).items[0], scope);
    if (!compiled) return "error: " + compiled.error().message;
    std::string out;
    const Status status = compiled->render(variables, Escape::sql, out);
    return status ? out : "error: " + status.error().message;
  };
  CHECK(said("a = ${text} AND b = 1-${number} AND ${truth}") == "a = 'O''Brien' AND b = 1- -12.50 AND true");
  CHECK(said("${nothing}, ${list}") == R"(NULL, '["a''b"]')");
  CHECK(said("'a''b' || \"c'd\" || ${text}") == "'a''b' || \"c'd\" || 'O''Brien'");
  CHECK(said("/* don't */ ${truth}") == "/* don't */ true");
  for (const char* inside : {"a = '${text}'", "a LIKE '%${text}'", "a = \"${text}\"", "`${text}`"})
    CHECK_THAT(said(inside), Contains("leave them out"));
  for (const char* inside : {"-- don't ${text}", "/* ${text} */"}) CHECK_THAT(said(inside), Contains("in a comment"));
  CHECK_THAT(said("${unset}"), Contains("is not set"));
  for (const std::string& text : {std::string("a\\"), std::string("\0", 1), std::string("\xff")}) {
    variables.set("text", Value::of_text(text));
    CHECK_THAT(said("${text}"), Contains("must not carry"));
  }
}

TEST_CASE("template: a secret and what functions make of it is masked in all that is shown") {
  Scope scope;
  scope.add("token");
  Variables variables(scope);
  variables.set("token", Value::of_text("s3cret-token", true));
  const Result<Template> header = Template::compile("Session ${base64(concat('lu:2:', token))}", {"flow.yml", 1, 1}, scope);
  REQUIRE(header);
  CHECK(header->show(variables, Escape::none) == "Session ****");
  CHECK(rendered("${sha256(token)}", variables, scope).size() == 64);
  CHECK(variables.masker().mask(*digest(Hash::sha256, "")) == *digest(Hash::sha256, ""));
  CHECK(variables.masker().mask(to_hex(*digest(Hash::sha256, "s3cret-token"))) == "****");
  CHECK(header->value(variables)->secret);
}
