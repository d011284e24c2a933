#include "rules/tool/notifier/client.h"

#include "core/json.h"
#include "support/catch.h"
#include "support/fake_web.h"

using namespace finwatch;
using namespace finwatch::rules::notifier;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

NotifierClient opened(NotifierOptions options) {
  Result<NotifierClient> client = NotifierClient::open(std::move(options));
  REQUIRE(client);
  return *client;
}

// What is said of an answer to a question.
Error error_of(int code, std::string body) {
  FakeWeb web([&](const FakeCall&) { return FakeAnswer{.code = code, .body = body}; });
  const auto answer = opened({.url = web.url()}).get("/api/v1/incidents", {});
  REQUIRE_FALSE(answer);
  return answer.error();
}

std::string refused(std::string url) {
  const auto client = NotifierClient::open({.url = std::move(url)});
  REQUIRE_FALSE(client);
  CHECK(client.error().code == Errc::config);
  return client.error().message;
}

}  // namespace

TEST_CASE("notifier: a question has its query escaped, and nothing of what is empty") {
  FakeWeb web([](const FakeCall&) { return FakeAnswer{.body = R"({"incidents":[]})"}; });
  const auto body = opened({.url = web.url() + "/desk/"})
                        .get("/api/v1/incidents", {{"state", "open"}, {"service", ""}, {"search", "凭证 & more"}});
  REQUIRE(body);
  CHECK(*body == R"({"incidents":[]})");
  const auto calls = web.calls();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].method == "GET");
  CHECK(calls[0].path == "/desk/api/v1/incidents");
  CHECK(calls[0].query == "state=open&search=%E5%87%AD%E8%AF%81%20%26%20more");
  CHECK(calls[0].headers.count("authorization") == 0);
}

TEST_CASE("notifier: an action is posted as JSON by the one who acts") {
  FakeWeb web([](const FakeCall&) { return FakeAnswer{.body = "{}"}; });
  const NotifierClient client = opened({.url = web.url(), .user = "wang.fang", .password = Secret("p:1")});
  REQUIRE(client.act({.incident = "INC-42", .action = "diagnose", .note = "disk \"full\"\n磁盘满", .target = ""}));
  const auto calls = web.calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[1].path == "/api/v1/incident");
  CHECK(calls[1].query == "id=INC-42");
  CHECK(calls[0].method == "POST");
  CHECK(calls[0].path == "/api/v1/incident/act");
  CHECK_THAT(calls[0].headers.at("content-type"), Contains("application/json"));
  CHECK(calls[0].headers.at("accept-language") == "en");
  CHECK(calls[0].headers.at("authorization") == "Basic d2FuZy5mYW5nOnA6MQ==");
  const auto json = Json::parse(calls[0].body);
  REQUIRE(json);
  CHECK(json->root().find("incident")->text() == "INC-42");
  CHECK(json->root().find("action")->text() == "diagnose");
  CHECK(json->root().find("note")->text() == "disk \"full\"\n磁盘满");
  CHECK_FALSE(json->root().find("target"));
}

TEST_CASE("notifier: a refusal is said in the notifier's own words") {
  const Error conflict = error_of(409, R"({"error":"INC-42 is closed: reopen it first"})");
  CHECK(conflict.code == Errc::config);
  CHECK(conflict.message == "INC-42 is closed: reopen it first");
  CHECK(error_of(404, R"({"error":"there is no INC-42"})").code == Errc::no_data);
  CHECK(error_of(403, R"({"error":"a viewer only looks"})").code == Errc::permission);
  CHECK(error_of(503, R"({"error":"the journal cannot be written"})").code == Errc::unavailable);
  const Error who = error_of(401, R"({"error":"who are you?"})");
  CHECK(who.code == Errc::permission);
  CHECK_THAT(who.message, Contains("who are you?") && Contains("--user"));
  CHECK(error_of(400, "{\"error\":\"a\\u001b[31mb\"}").message == "a\uFFFD[31mb");
}

TEST_CASE("notifier: an answer that is none of a notifier says so with the address") {
  CHECK_THAT(error_of(404, "<html>not found</html>").message,
             Contains("answered 404") && Contains("address of finwatch-notifier"));
  const Error broken = error_of(502, "bad gateway");
  CHECK(broken.code == Errc::internal);
  CHECK_THAT(broken.message, Contains("http://127.0.0.1:") && Contains("answered 502"));
  CHECK_THAT(error_of(301, "").message, Contains("answered 301"));
  CHECK_THAT(error_of(400, R"({"error":7})").message, Contains("answered 400"));
}

TEST_CASE("notifier: an action whose answer did not come may have been done, a question has nothing to warn of") {
  FakeWeb web([](const FakeCall&) { return FakeAnswer{.body = "{}", .ending = FakeAnswer::Ending::none}; });
  const NotifierClient client = opened({.url = web.url()});
  const auto done = client.act({.incident = "INC-42", .action = "acknowledge", .note = "", .target = ""});
  REQUIRE_FALSE(done);
  CHECK_THAT(done.error().message, Contains("may have been done all the same"));
  const auto asked = client.get("/api/v1/incidents", {});
  REQUIRE_FALSE(asked);
  CHECK_THAT(asked.error().message, !Contains("may have been done"));
}

TEST_CASE("notifier: where nobody listens the flag that names another is named") {
  int port = 0;
  {
    const FakeWeb web([](const FakeCall&) { return FakeAnswer{}; });
    port = web.port();
  }
  const auto answer = opened({.url = "http://127.0.0.1:" + std::to_string(port)})
                          .act({.incident = "INC-1", .action = "note", .note = "n", .target = ""});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::unavailable);
  CHECK_THAT(answer.error().message, Contains("FINWATCH_NOTIFIER") && !Contains("may have been done"));
}

TEST_CASE("notifier: an address must be one, and may not hold a password") {
  CHECK_THAT(refused("127.0.0.1:19605"), Contains("expected an address") && Contains("127.0.0.1:19605"));
  CHECK_THAT(refused("http://"), Contains("expected an address"));
  CHECK_THAT(refused("http://a b"), Contains("expected an address"));
  CHECK_THAT(refused("http://a/?q=1"), Contains("expected an address"));
  CHECK_THAT(refused("https://wang.fang:s3cret@desk"), Contains("--password-file") && !Contains("s3cret"));
}
