// What programs and spreadsheets get: REST, OpenAPI, CSV, and silences at Alertmanager.
#include <set>

#include "core/json.h"
#include "desk_asker.h"
#include "notifier/desk/csv.h"
#include "notifier/desk/figures.h"
#include "notifier/desk/silence.h"
#include "notifier/desk/words.h"
#include "support/fake_web.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace finwatch::notifier::desk_test;
using finwatch::test::FakeAnswer;
using finwatch::test::FakeCall;
using finwatch::test::FakeWeb;

namespace {

Json parsed(const std::string& text) {
  Result<Json> json = Json::parse(text);
  if (!json) throw std::runtime_error(json.error().message + ": " + text.substr(0, 200));
  return std::move(*json);
}

std::string text_at(const Json& json, std::initializer_list<std::string_view> path) {
  std::optional<JsonRef> at = json.root();
  for (const std::string_view key : path)
    if (at) at = at->kind() == JsonRef::Kind::list ? at->at(std::atoll(std::string(key).c_str())) : at->find(key);
  return at ? std::string(at->text()) : "(nothing)";
}

std::set<std::string> keys_of(const JsonRef& map) {
  std::set<std::string> keys;
  for (auto each = map.first(); each; each = each->next()) keys.emplace(each->key());
  return keys;
}

/// The schemas of the document, with $ref and allOf followed.
struct Schemas {
  explicit Schemas(const Json& json) : all(*json.root().find("components")->find("schemas")) {}

  JsonRef follow(JsonRef schema) const {
    while (const auto ref = schema.find("$ref")) schema = *all.find(ref->text().substr(ref->text().rfind('/') + 1));
    return schema;
  }
  std::map<std::string, JsonRef> properties(JsonRef schema) const {
    schema = follow(schema);
    std::map<std::string, JsonRef> found;
    if (const auto parts = schema.find("allOf"))
      for (auto part = parts->first(); part; part = part->next()) found.merge(properties(*part));
    if (const auto own = schema.find("properties"))
      for (auto each = own->first(); each; each = each->next()) found.emplace(each->key(), *each);
    return found;
  }

  /// What is wrong with `value` by `schema`, empty when nothing is. Every member must be described, and every description be there.
  std::string judge(const JsonRef& value, JsonRef schema, const std::string& where) const {
    schema = follow(schema);
    const auto type = schema.find("type");
    if (value.kind() == JsonRef::Kind::null) return schema.find("nullable") ? "" : where + " is null";
    const auto described = properties(schema);
    if (!described.empty()) {
      if (value.kind() != JsonRef::Kind::map) return where + " is no object";
      for (const std::string& key : keys_of(value))
        if (!described.contains(key)) return where + "." + key + " is not described";
      for (const auto& [key, each] : described) {
        const auto member = value.find(key);
        if (!member) return where + "." + key + " is not answered";
        if (std::string wrong = judge(*member, each, where + "." + key); !wrong.empty()) return wrong;
      }
      return {};
    }
    if (!type) return where + ": the schema has no type";
    if (const auto items = schema.find("items"))
      for (auto each = value.first(); each; each = each->next())
        if (std::string wrong = judge(*each, *items, where + "[]"); !wrong.empty()) return wrong;
    if (const auto more = schema.find("additionalProperties"))
      for (auto each = value.first(); each; each = each->next())
        if (std::string wrong = judge(*each, *more, where + ".*"); !wrong.empty()) return wrong;
    if (const auto names = schema.find("enum")) {
      bool known = false;
      for (auto each = names->first(); each; each = each->next()) known = known || each->text() == value.text();
      if (!known) return where + ": '" + std::string(value.text()) + "' is not among the enum";
    }
    static const std::map<std::string, JsonRef::Kind, std::less<>> kKinds = {
        {"string", JsonRef::Kind::text},     {"integer", JsonRef::Kind::number}, {"number", JsonRef::Kind::number},
        {"boolean", JsonRef::Kind::boolean}, {"array", JsonRef::Kind::list},     {"object", JsonRef::Kind::map}};
    return kKinds.at(std::string(type->text())) == value.kind() ? "" : where + " is of another type";
  }

  const JsonRef all;
};

}  // namespace

TEST_CASE("desk: openapi.json names the routes below /api/v1, and no other") {
  DeskFixture fixture;
  const Json document = parsed(fixture.get("/api/v1/openapi.json").body);
  CHECK(text_at(document, {"openapi"}) == "3.0.3");
  std::set<std::string> described, served;
  const JsonRef paths = *document.root().find("paths");
  for (auto path = paths.first(); path; path = path->next())
    for (const std::string& verb : keys_of(*path)) described.insert(verb + " " + std::string(path->key()));
  for (const Route& route : fixture.routes)
    if (route.path.starts_with("/api/")) served.insert((route.verb == Route::Verb::get ? "get " : "post ") + route.path);
  CHECK(described == served);
}

TEST_CASE("desk: every answer of the REST interface is what openapi.json says, member by member") {
  DeskFixture fixture;
  const Json document = parsed(fixture.get("/api/v1/openapi.json").body);
  const Schemas schemas(document);
  const auto schema_of = [&](const std::string& verb, const std::string& path) {
    return *document.root()
                .find("paths")
                ->find(path)
                ->find(verb)
                ->find("responses")
                ->find("200")
                ->find("content")
                ->find("application/json")
                ->find("schema");
  };
  for (const std::string target :
       {"/api/v1/incidents?state=all", "/api/v1/incidents?state=all&limit=2", "/api/v1/incident?id=INC-42",
        "/api/v1/incident?id=25", "/api/v1/on-call", "/api/v1/on-call?at=2026-12-12T12:00:00%2B08:00", "/api/v1/deliveries",
        "/api/v1/figures", "/api/v1/figures?month=2025-01"}) {
    INFO(target);
    const WebAnswer answer = fixture.get(target, {.authorization = kViewer});
    CHECK(answer.code == 200);
    CHECK(answer.content_type == "application/json");
    CHECK(schemas.judge(parsed(answer.body).root(), schema_of("get", std::string(split_target(target).path)), "answer") == "");
  }
  const WebAnswer acted = fixture.post(
      "/api/v1/incident/act",
      {.body = R"({"incident":"INC-42","action":"acknowledge"})", .type = "application/json", .authorization = kResponder});
  CHECK(schemas.judge(parsed(acted.body).root(), schema_of("post", "/api/v1/incident/act"), "answer") == "");
  const WebAnswer refused = fixture.get("/api/v1/incident?id=999", {.authorization = kViewer});
  CHECK(refused.code == 404);
  CHECK(schemas.judge(parsed(refused.body).root(), *schemas.all.find("Error"), "answer") == "");
}

TEST_CASE("desk: an incident as JSON says what it is") {
  DeskFixture fixture;
  const Json json = parsed(fixture.get("/api/v1/incident?id=INC-42", {.authorization = kViewer}).body);
  CHECK(text_at(json, {"incident", "number"}) == "INC-42");
  CHECK(text_at(json, {"incident", "title", "en"}) == "Voucher entry fails again and again");
  CHECK(text_at(json, {"incident", "began"}) == "2026-11-26T18:19:00Z");
  CHECK(text_at(json, {"incident", "clocks", "0", "clock"}) == "answer");
  CHECK(text_at(json, {"incident", "clocks", "0", "limit_seconds"}) == "1800");
  CHECK(text_at(json, {"incident", "clocks", "0", "used_seconds"}) == "1560");
  CHECK(text_at(json, {"incident", "clocks", "0", "level"}) == "late");
  CHECK(text_at(json, {"incident", "alert_list", "0", "labels", "ledger"}) == "1001");
  CHECK(text_at(json, {"incident", "timeline", "3", "kind"}) == "not_told");
  CHECK(text_at(json, {"incident", "deliveries", "0", "id"}) == "105");
  const Json merged = parsed(fixture.get("/api/v1/incident?id=25", {.authorization = kViewer}).body);
  CHECK(text_at(merged, {"incident", "merged_into"}) == "INC-20");
}

TEST_CASE("desk: lists are asked for in pages, and by state, service and words") {
  DeskFixture fixture;
  const auto numbers = [&](const std::string& query) {
    const Json json = parsed(fixture.get("/api/v1/incidents" + query, {.authorization = kViewer}).body);
    std::string all;
    for (auto each = json.root().find("incidents")->first(); each; each = each->next())
      all += std::string(each->find("number")->text()) + " ";
    return all + std::string(json.root().find("next_before")->text());
  };
  CHECK(numbers("") == "INC-42 INC-41 INC-40 INC-39 INC-38 ");
  CHECK(numbers("?state=all&limit=2") == "INC-42 INC-41 41");
  CHECK(numbers("?state=all&limit=2&before=41") == "INC-40 INC-39 39");
  CHECK(numbers("?service=month_end&class=major&severity=severe") == "INC-40 ");
  CHECK(numbers("?search=Replication") == "INC-41 ");
  const Json failed =
      parsed(fixture.get("/api/v1/deliveries?state=failed&channel=sms&incident=INC-42", {.authorization = kViewer}).body);
  CHECK(text_at(failed, {"deliveries", "0", "code"}) == "isv.BUSINESS_LIMIT_CONTROL");
  CHECK(text_at(failed, {"deliveries", "1", "code"}) == "(nothing)");
}

TEST_CASE("desk: who is on call then, in the words of both languages") {
  DeskFixture fixture;
  const Json now = parsed(fixture.get("/api/v1/on-call", {.authorization = kViewer}).body);
  CHECK(text_at(now, {"duties", "0", "duty"}) == "on_call");
  CHECK(text_at(now, {"duties", "0", "people", "0", "name", "zh"}) == "张伟");
  CHECK(text_at(now, {"duties", "0", "until"}) == "2026-11-28T10:00:00Z");
  CHECK(text_at(now, {"next_gap"}) == "2026-12-12T01:00:00Z");
  const Json later = parsed(fixture.get("/api/v1/on-call?at=2026-11-28T20:00:00.5%2B08:00", {.authorization = kViewer}).body);
  CHECK(text_at(later, {"duties", "0", "people", "0", "id"}) == "li.na");
  for (const char* wrong :
       {"now", "2026-11-28", "2026-11-28T20:00:00", "2026-11-28T20:00:00+8", "2026-13-28T20:00:00Z", "2026-11-28T20:00:00.Zx"})
    CHECK(fixture.get(std::string("/api/v1/on-call?at=") + percent_encode(wrong), {.authorization = kViewer}).code == 400);
}

TEST_CASE("desk: bodies that are no order are refused, and nothing is done") {
  DeskFixture fixture;
  for (const char* body : {"{", "[]", R"({"incident":"INC-42"})", R"({"action":"acknowledge"})",
                           R"({"incident":"x","action":"acknowledge"})", R"({"incident":"INC-42","action":"explode"})"})
    CHECK(fixture.post("/api/v1/incident/act", {.body = body, .type = "application/json", .authorization = kAdmin}).code ==
          400);
  CHECK(fixture.night.engine.actions.empty());
}

TEST_CASE("desk: a month's figures count each incident once, and false alarms for nothing") {
  Night night;
  FakeStore store(night.journal);
  const Result<MonthFigures> figures = month_figures(store, *night.setup->contract, *parse_year_month("2026-11"), kNow);
  REQUIRE(figures);
  CHECK(figures->incidents == 17);
  CHECK(figures->by_outcome[index(Outcome::solved)] == 10);
  CHECK(figures->by_outcome[index(Outcome::merged)] == 1);
  CHECK(figures->by_outcome[index(Outcome::false_alarm)] == 1);
  CHECK(figures->reopened == 1);
  CHECK(figures->solved == 11);
  CHECK(figures->solved_at_once == 10);
  const ClockFigures& answer = figures->clocks_by_class.at("major")[index(ClockKind::answer)];
  CHECK(answer.kept == 4);      // INC-20, 26, 29 and 40; INC-42 still runs and has time
  CHECK(answer.breached == 1);  // INC-23: 40 minutes of 30
  CHECK(*answer.kept_percent() == 80);
  CHECK(*answer.median() == minutes{9});
  CHECK(figures->with_breach == 2);
  CHECK(figures->deliveries.at(ChannelKind::sms)[index(DeliveryState::failed)] == 1);
  const Result<MonthFigures> before = month_figures(store, *night.setup->contract, *parse_year_month("2026-10"), kNow);
  REQUIRE(before);
  CHECK(before->incidents == 0);
  CHECK_FALSE(before->first_time_fix_percent());
  CHECK(before->deliveries.empty());
}

TEST_CASE("desk: a month is counted to its end however much is in it") {
  Night night;
  for (int i = 0; i < 1300; ++i) night.add(2000 + i, State::closed, {"旧", "old"}, "warning", "reports", hours{300});
  FakeStore store(night.journal);
  const Result<MonthFigures> figures = month_figures(store, *night.setup->contract, *parse_year_month("2026-11"), kNow);
  REQUIRE(figures);
  CHECK(figures->incidents == 1317);
  CHECK(figures->complete);
}

TEST_CASE("desk: a cell of a table is one cell, and never a formula") {
  CHECK(csv_cell("plain") == "plain");
  CHECK(csv_cell("") == "");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(csv_cell("two\nlines") == "\"two\nlines\"");
  for (const char* formula : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1"}) CHECK(csv_cell(formula) == "'" + std::string(formula));
  CHECK(csv_cell("=a,b") == "\"'=a,b\"");
  CHECK(csv_cell("\xff") == "\xEF\xBF\xBD");
}

TEST_CASE("desk: tables open in a spreadsheet, with all rows and a heading") {
  DeskFixture fixture;
  for (int i = 0; i < 1100; ++i) fixture.night.add(2000 + i, State::closed, {"=1+1", "old"}, "warning", "reports", hours{300});
  const auto lines = [](const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at + 2)) ++count;
    return count;
  };
  const WebAnswer incidents = fixture.get("/incidents.csv?state=all", {.cookie = fixture.log_in("auditor")});
  CHECK(incidents.content_type.starts_with("text/csv"));
  CHECK(header_of(incidents, "Content-Disposition") == "attachment; filename=\"incidents.csv\"");
  CHECK(incidents.body.starts_with("\xEF\xBB\xBFnumber,state,"));
  CHECK(lines(incidents.body) == 1118);
  CHECK(has(incidents.body, ",'=1+1,"));
  CHECK(has(incidents.body, "INC-23,closed,solved,reports,major,severe,"));
  CHECK(has(incidents.body, ",40,no,"));
  const WebAnswer deliveries = fixture.get("/deliveries.csv", {.cookie = fixture.log_in("auditor")});
  CHECK(lines(deliveries.body) == 6);
  const WebAnswer figures = fixture.get("/figures.csv?month=2026-11", {.cookie = fixture.log_in("auditor")});
  CHECK(has(figures.body, "2026-11,kept_percent,major,answer,80.00\r\n"));
}

TEST_CASE("desk: a silence hushes what the firing alerts share, and no more") {
  const auto alert = [](const char* labels, bool firing = true) {
    AlertRecord record;
    record.firing = firing;
    record.alertname = "A";
    record.labels = labels;
    return record;
  };
  const SilenceWish wish{
      .number = "INC-42", .creator = "admin", .comment = "db \"moves\"", .from = kNow, .to = kNow + hours{2}};
  const Result<std::string> json =
      silence_json({alert(R"({"alertname":"A","target":"erp","ledger":"1"})"),
                    alert(R"({"alertname":"A","target":"erp","ledger":"2"})"), alert(R"({"alertname":"B"})", false)},
                   wish);
  REQUIRE(json);
  const Json read = parsed(*json);
  CHECK(text_at(read, {"matchers", "0", "name"}) == "alertname");
  CHECK(text_at(read, {"matchers", "1", "value"}) == "erp");
  CHECK(text_at(read, {"matchers", "2", "name"}) == "(nothing)");
  CHECK(text_at(read, {"matchers", "0", "isRegex"}) == "false");
  CHECK(text_at(read, {"matchers", "0", "isEqual"}) == "true");
  CHECK(text_at(read, {"startsAt"}) == "2026-11-26T18:45:00Z");
  CHECK(text_at(read, {"endsAt"}) == "2026-11-26T20:45:00Z");
  CHECK(text_at(read, {"createdBy"}) == "admin");
  CHECK(text_at(read, {"comment"}) == "INC-42 db \"moves\"");
  CHECK(silence_json({alert("{}", false)}, wish).error().code == Errc::no_data);
  CHECK(silence_json({alert(R"({"alertname":"A","x":"1"})"), alert(R"({"alertname":"B","x":"1"})")}, wish).error().code ==
        Errc::config);
}

TEST_CASE("desk: how long a silence may be") {
  CHECK(silence_length("90m") == minutes{90});
  CHECK(silence_length("2h") == hours{2});
  CHECK(silence_length("30d") == hours{720});
  for (const char* wrong : {"", "h", "0m", "-1h", "31d", "721h", "2", "2w", "999999999999h", "1.5h"})
    CHECK_FALSE(silence_length(wrong));
}

TEST_CASE("desk: an admin silences at Alertmanager, and the timeline gets its id") {
  FakeWeb alertmanager([](const FakeCall&) -> FakeAnswer { return {.body = R"({"silenceID":"7f1c"})"}; });
  DeskFixture fixture;
  auto setup = std::make_shared<Setup>(*fixture.night.setup);
  setup->alertmanager.url = alertmanager.url() + "/";
  (void)fixture.night.engine.apply(setup);
  const Asking wish{
      .body = R"({"incident":"INC-42","duration":"2h","comment":"换盘"})", .type = "application/json", .authorization = kAdmin};
  const WebAnswer done = fixture.post("/api/v1/silence", wish);
  CHECK(done.code == 200);
  CHECK(text_at(parsed(done.body), {"silence"}) == "7f1c");
  REQUIRE(alertmanager.calls().size() == 1);
  CHECK(alertmanager.calls()[0].path == "/api/v2/silences");
  CHECK(text_at(parsed(alertmanager.calls()[0].body), {"comment"}) == "INC-42 换盘");
  REQUIRE(fixture.night.engine.actions.size() == 1);
  CHECK(fixture.night.engine.actions[0].kind == ActionKind::note);
  CHECK(has(fixture.night.engine.actions[0].note, "7f1c"));
  Asking other = wish;
  other.authorization = kResponder;
  CHECK(fixture.post("/api/v1/silence", other).code == 403);
  other = wish;
  other.body = R"({"incident":"INC-42","duration":"2w"})";
  CHECK(fixture.post("/api/v1/silence", other).code == 400);
  other.body = R"({"incident":"INC-39","duration":"2h"})";
  CHECK(fixture.post("/api/v1/silence", other).code == 409);  // nothing fires
  CHECK(alertmanager.calls().size() == 1);

  const std::string cookie = fixture.log_in("admin");
  const std::string token = fixture.token(cookie);
  const WebAnswer form =
      fixture.post("/silence", {.body = "incident=INC-42&duration=1h&comment=x&token=" + token, .cookie = cookie});
  CHECK(form.code == 303);
  CHECK(fixture.post("/silence", {.body = "incident=INC-42&duration=1h&comment=x&token=", .cookie = cookie}).code == 403);
  CHECK(alertmanager.calls().size() == 2);
}

TEST_CASE("desk: an Alertmanager that refuses, hangs up, or is not set up is said, and nothing is written down") {
  FakeWeb alertmanager([](const FakeCall&) -> FakeAnswer { return {.code = 400, .body = "\"bad matcher\""}; });
  DeskFixture fixture;
  const Asking wish{.body = R"({"incident":"INC-42","duration":"2h"})", .type = "application/json", .authorization = kAdmin};
  CHECK(fixture.post("/api/v1/silence", wish).code == 409);
  auto setup = std::make_shared<Setup>(*fixture.night.setup);
  setup->alertmanager.url = alertmanager.url();
  (void)fixture.night.engine.apply(setup);
  const WebAnswer refused = fixture.post("/api/v1/silence", wish);
  CHECK(refused.code == 503);
  CHECK(has(refused.body, "bad matcher"));
  setup = std::make_shared<Setup>(*setup);
  setup->alertmanager.url = "http://127.0.0.1:1";
  (void)fixture.night.engine.apply(setup);
  CHECK(fixture.post("/api/v1/silence", wish).code == 503);
  CHECK(fixture.night.engine.actions.empty());
}
