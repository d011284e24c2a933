// Who may come in, who may change what, and what a stranger's page cannot do.
#include "core/base64.h"
#include "crypto/crypto.h"
#include "desk_asker.h"
#include "notifier/desk/access.h"
#include "notifier/incident/ticket.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace finwatch::notifier::desk_test;

namespace {

std::string act_body(const std::string& action, const std::string& token, const std::string& more = {}) {
  return "incident=INC-42&action=" + action + "&token=" + token + more;
}

std::string act_json(const std::string& action, const std::string& more = {}) {
  return R"({"incident":"INC-42","action":")" + action + "\"" + more + "}";
}

}  // namespace

TEST_CASE("desk: pages ask for a login, REST for a password, links and codes for neither") {
  DeskFixture fixture;
  for (const Route& route : fixture.routes) {
    if (route.verb != Route::Verb::get) continue;
    INFO(route.path);
    const WebAnswer answer = fixture.get(route.path);
    if (route.path == "/login" || route.path == "/code" || route.path == "/api/v1/openapi.json")
      CHECK(answer.code == 200);
    else if (route.path == "/ack")
      CHECK(answer.code == 403);
    else if (route.path.starts_with("/api/"))
      CHECK((answer.code == 401 && has(header_of(answer, "WWW-Authenticate"), "Basic")));
    else
      CHECK((answer.code == 303 && header_of(answer, "Location").starts_with("/login?next=%2F")));
  }
  CHECK(fixture.night.engine.actions.empty());
}

TEST_CASE("desk: every page keeps others out of it, and itself out of caches") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("admin");
  for (const char* page :
       {"/incidents", "/incident?id=INC-42", "/on-call", "/deliveries", "/figures", "/login", "/code", "/incident?id=INC-99"}) {
    INFO(page);
    const WebAnswer answer = fixture.get(page, {.cookie = cookie});
    const std::string policy = header_of(answer, "Content-Security-Policy");
    CHECK(has(policy, "default-src 'none'"));
    CHECK(has(policy, "form-action 'self'"));
    CHECK(has(policy, "frame-ancestors 'none'"));
    CHECK(header_of(answer, "Referrer-Policy") == "no-referrer");
    CHECK(header_of(answer, "X-Content-Type-Options") == "nosniff");
    CHECK(header_of(answer, "Cache-Control") == "no-store");
    CHECK(has(policy, "; script-src 'sha256-"));
    CHECK_FALSE(has(without_ticking(answer.body), "<script"));
    CHECK_FALSE(has(answer.body, " style="));
    if (answer.body.empty()) continue;
    const std::size_t nonce = policy.find("'nonce-") + 7;
    CHECK(has(answer.body, "<style nonce=\"" + policy.substr(nonce, policy.find('\'', nonce) - nonce) + "\">"));
  }
  CHECK(header_of(fixture.get("/login"), "Content-Security-Policy") !=
        header_of(fixture.get("/login"), "Content-Security-Policy"));
}

TEST_CASE("desk: the policy lets the script that counts run by its digest, and it stands where clocks are") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("auditor");
  const std::string script = ticking_script().substr(8, ticking_script().size() - 8 - 10);  // inside <script> and </script>
  const WebAnswer answer = fixture.get("/incidents", {.cookie = cookie});
  CHECK(has(header_of(answer, "Content-Security-Policy"),
            "script-src 'sha256-" + to_base64(*digest(Hash::sha256, script)) + "';"));
  CHECK(has(answer.body, ticking_script()));
  CHECK(has(fixture.get("/incident?id=INC-42", {.cookie = cookie}).body, ticking_script()));
  CHECK_FALSE(has(fixture.get("/on-call", {.cookie = cookie}).body, "<script"));
}

TEST_CASE("desk: a session begins with the right password, and ends with its time, its user, its password or its role") {
  DeskFixture fixture;
  const WebAnswer let_in = fixture.post("/login", {.body = "user=admin&password=correct+horse&next=%2Ffigures"});
  CHECK(let_in.code == 303);
  CHECK(header_of(let_in, "Location") == "/figures");
  const std::string set = header_of(let_in, "Set-Cookie", "finwatch_session=");
  CHECK(has(set, "HttpOnly"));
  CHECK(has(set, "SameSite=Strict"));
  CHECK(has(set, "Path=/"));
  CHECK_FALSE(has(set, "Secure"));
  const std::string cookie = set.substr(0, set.find(';'));
  CHECK(fixture.get("/incidents", {.cookie = cookie}).code == 200);
  for (std::size_t i = 17; i < cookie.size(); i += 3) {
    std::string forged = cookie;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    CHECK(fixture.get("/incidents", {.cookie = forged}).code == 303);
  }
  const auto with = [&](auto change) {
    auto setup = std::make_shared<Setup>(*fixture.night.setup);
    change(*setup);
    (void)fixture.night.engine.apply(setup);
    const int code = fixture.get("/incidents", {.cookie = cookie}).code;
    (void)fixture.night.engine.apply(fixture.night.setup);
    return code;
  };
  CHECK(with([](Setup&) {}) == 200);
  CHECK(with([](Setup& setup) { setup.page.users.pop_back(); }) == 200);
  CHECK(with([](Setup& setup) { setup.page.users.erase(setup.page.users.begin() + 1); }) == 303);
  CHECK(with([](Setup& setup) { setup.page.users[1].role = Role::viewer; }) == 303);
  CHECK(with([](Setup& setup) { setup.page.users[1].password = "$2b$04$other"; }) == 303);
  CHECK(with([](Setup& setup) { setup.page.key = Secret(std::string(32, 'z')); }) == 303);
  CHECK(with([](Setup& setup) { setup.page.address = "https://notify.example.com"; }) == 200);
  fixture.night.clock.advance(hours{12});
  CHECK(fixture.get("/incidents", {.cookie = cookie}).code == 303);
}

TEST_CASE("desk: a session's cookie is for TLS alone where the pages are") {
  DeskFixture fixture;
  auto setup = std::make_shared<Setup>(*fixture.night.setup);
  setup->page.address = "https://notify.example.com";
  (void)fixture.night.engine.apply(setup);
  const WebAnswer answer = fixture.post("/login", {.body = "user=admin&password=correct+horse"});
  CHECK(has(header_of(answer, "Set-Cookie", "finwatch_session="), "; Secure"));
}

TEST_CASE("desk: after a login nobody is sent to another site") {
  DeskFixture fixture;
  for (const char* next :
       {"https%3A%2F%2Fevil.test%2F", "%2F%2Fevil.test", "%2F%5Cevil.test", "javascript%3A1", "%2Fa%0d%0aX%3A1"}) {
    const WebAnswer answer = fixture.post("/login", {.body = std::string("user=admin&password=correct+horse&next=") + next});
    CHECK(header_of(answer, "Location") == "/incidents");
  }
}

TEST_CASE("desk: ten wrong passwords shut out who guesses, and nobody else") {
  DeskFixture fixture;
  for (int i = 0; i < 10; ++i)
    CHECK(fixture.post("/login", {.body = "user=admin&password=guess" + std::to_string(i)}).code == 403);
  CHECK(fixture.post("/login", {.body = "user=admin&password=correct+horse"}).code == 429);
  CHECK(fixture.post("/login", {.body = "user=admin&password=correct+horse", .peer = "192.0.2.8"}).code == 303);
  CHECK(fixture.get("/api/v1/incidents", {.authorization = kAdmin}).code == 403);
  CHECK(fixture.get("/api/v1/incidents", {.authorization = kResponder}).code == 200);
  fixture.night.clock.advance(minutes{10});
  CHECK(fixture.post("/login", {.body = "user=admin&password=correct+horse"}).code == 303);
}

TEST_CASE("desk: without users a page is shown on the machine itself, and changes nothing") {
  DeskFixture fixture;
  auto setup = std::make_shared<Setup>(*fixture.night.setup);
  setup->page.users.clear();
  (void)fixture.night.engine.apply(setup);
  for (const char* peer : {"127.0.0.1", "::1", "unix"}) CHECK(fixture.get("/incidents", {.peer = peer}).code == 200);
  CHECK(fixture.get("/incidents", {.host = "[::1]:19605", .peer = "::1"}).code == 200);
  CHECK(fixture.get("/api/v1/incidents", {.peer = "127.0.0.1"}).code == 200);
  CHECK(fixture.get("/incidents", {.peer = "192.0.2.7"}).code == 303);
  CHECK(fixture.get("/incidents", {.host = "evil.test", .peer = "127.0.0.1"}).code == 303);  // a name that was bound anew
  CHECK(fixture.get("/incidents", {.peer = "127.0.0.1", .more = {{"X-Forwarded-For", "192.0.2.7"}}}).code == 303);
  const std::string page = fixture.get("/incident?id=42", {.peer = "127.0.0.1"}).body;
  CHECK_FALSE(has(page, "action=\"/incident\""));
  const Visitor machine{.name = {}, .role = Role::viewer, .way = Way::machine, .session = "machine"};
  const std::string token = form_token(*setup, machine, "act");
  CHECK(fixture.post("/incident", {.body = act_body("acknowledge", token), .peer = "127.0.0.1"}).code == 403);
  CHECK(fixture.post("/api/v1/incident/act", {.body = act_json("acknowledge"), .type = "application/json", .peer = "127.0.0.1"})
            .code == 403);
  CHECK(fixture.night.engine.actions.empty());
}

TEST_CASE("desk: each role does what it may, and no more") {
  struct May {
    std::string authorization;
    std::string action, more;
    int code;
  };
  const May all[] = {
      {kViewer, "acknowledge", "", 403},
      {kViewer, "note", R"(,"note":"x")", 403},
      {kResponder, "acknowledge", "", 200},
      {kResponder, "diagnose", R"(,"note":"x")", 200},
      {kResponder, "assign", R"(,"target":"zhang.wei")", 200},
      {kResponder, "assign", R"(,"target":"li.na")", 403},
      {kResponder, "resolve", "", 200},
      {kResponder, "verify", "", 200},
      {kResponder, "reopen", "", 200},
      {kResponder, "close", "", 403},
      {kResponder, "false_alarm", "", 403},
      {kResponder, "merge", R"(,"target":"INC-41")", 403},
      {kAdmin, "assign", R"(,"target":"li.na")", 200},
      {kAdmin, "close", "", 200},
      {kAdmin, "false_alarm", "", 200},
      {kAdmin, "merge", R"(,"target":"INC-41")", 200},
  };
  DeskFixture fixture;
  std::size_t done = 0;
  for (const May& each : all) {
    INFO(each.action << each.more);
    const WebAnswer answer = fixture.post(
        "/api/v1/incident/act",
        {.body = act_json(each.action, each.more), .type = "application/json", .authorization = each.authorization});
    CHECK(answer.code == each.code);
    done += each.code == 200 ? 1U : 0U;
    CHECK(fixture.night.engine.actions.size() == done);
  }
  CHECK(fixture.night.engine.actions.back().channel == "api");
  CHECK(fixture.night.engine.actions.back().actor == "admin");
  CHECK(fixture.night.engine.actions.back().target == "INC-41");
}

TEST_CASE("desk: a form acts once it brings its own token, from a page of ours") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("zhang.wei");
  const std::string token = fixture.token(cookie);
  REQUIRE_FALSE(token.empty());
  const std::string body = act_body("acknowledge", token);
  CHECK(fixture.post("/incident", {.body = body}).code == 303);  // to the login
  CHECK(fixture.post("/incident", {.body = act_body("acknowledge", ""), .cookie = cookie}).code == 403);
  CHECK(fixture.post("/incident", {.body = act_body("acknowledge", fixture.token(fixture.log_in("admin"))), .cookie = cookie})
            .code == 403);
  CHECK(fixture.post("/incident", {.body = body, .cookie = cookie, .more = {{"Sec-Fetch-Site", "cross-site"}}}).code == 403);
  CHECK(fixture.post("/incident", {.body = body, .cookie = cookie, .more = {{"Sec-Fetch-Site", "same-site"}}}).code == 403);
  CHECK(fixture.post("/incident", {.body = body, .cookie = cookie, .more = {{"Origin", "https://evil.test"}}}).code == 403);
  CHECK(fixture.night.engine.actions.empty());
  const WebAnswer done = fixture.post(
      "/incident", {.body = body, .cookie = cookie, .more = {{"Origin", "null"}, {"Sec-Fetch-Site", "same-origin"}}});
  CHECK(done.code == 303);
  CHECK(header_of(done, "Location") == "/incident?id=INC-42&done=1");
  REQUIRE(fixture.night.engine.actions.size() == 1);
  CHECK(fixture.night.engine.actions[0].actor == "zhang.wei");
  CHECK(fixture.night.engine.actions[0].channel == "page");
  CHECK(fixture.post("/incident", {.body = body, .cookie = cookie, .more = {{"Origin", "http://127.0.0.1:19605"}}}).code ==
        303);
}

TEST_CASE("desk: REST takes no cookie where it changes something, and no form") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("admin");
  CHECK(fixture.get("/api/v1/incidents", {.cookie = cookie}).code == 200);
  CHECK(fixture.post("/api/v1/incident/act", {.body = act_json("close"), .type = "application/json", .cookie = cookie}).code ==
        401);
  CHECK(fixture.post("/api/v1/incident/act", {.body = act_json("close"), .type = "text/plain", .authorization = kAdmin}).code ==
        400);
  CHECK(fixture.post("/api/v1/incident/act", {.body = act_json("close"), .authorization = kAdmin}).code == 400);
  CHECK(fixture.night.engine.actions.empty());
}

TEST_CASE("desk: a verified certificate is a user, by its names") {
  DeskFixture fixture;
  CHECK(fixture.get("/incidents", {.names = {"somebody", "robot"}}).code == 200);
  CHECK(fixture.get("/incidents", {.names = {"somebody"}}).code == 303);
  const Asking act{.body = act_json("acknowledge"), .type = "application/json", .names = {"robot"}};
  CHECK(fixture.post("/api/v1/incident/act", act).code == 200);
  CHECK(fixture.night.engine.actions.back().actor == "robot");
  Asking foreign = act;
  foreign.more = {{"Sec-Fetch-Site", "cross-site"}};
  CHECK(fixture.post("/api/v1/incident/act", foreign).code == 403);
}

TEST_CASE("desk: logging out ends the session in the browser") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("admin");
  CHECK(fixture.post("/logout", {.body = "token=x", .cookie = cookie}).code == 403);
  const std::string token = field_of(fixture.get("/on-call", {.cookie = cookie}).body, "token", "action=\"/logout\"");
  const WebAnswer out = fixture.post("/logout", {.body = "token=" + token, .cookie = cookie});
  CHECK(out.code == 303);
  CHECK(has(header_of(out, "Set-Cookie", "finwatch_session="), "Max-Age=0"));
}

TEST_CASE("desk: only who knows the token or the password brings alerts in, and Alertmanager always comes again") {
  DeskFixture fixture;
  const auto code = [&](const std::string& authorization) {
    return fixture.post("/alertmanager", {.body = "{}", .type = "application/json", .authorization = authorization}).code;
  };
  CHECK(code("") == 401);
  for (const char* wrong :
       {"Bearer intake-tokem", "Bearer ", "Bearer", "Basic aW50YWtl", "Basic OmludGFrZS10b2tlbg==", "intake-token"}) {
    INFO(wrong);
    CHECK(code(wrong) == 403);
  }
  CHECK(fixture.night.engine.webhooks.empty());
  CHECK(fixture.night.engine.away == 7);
  CHECK(code("Bearer intake-token") == 200);
  CHECK(fixture.night.engine.webhooks == std::vector<std::string>{"{}"});
  for (const auto& [error, status] :
       {std::pair{Errc::malformed, 400}, std::pair{Errc::unavailable, 503}, std::pair{Errc::internal, 503},
        std::pair{Errc::permission, 503}, std::pair{Errc::timeout, 503}, std::pair{Errc::config, 503}}) {
    fixture.night.engine.says = Status{error, "why"};
    CHECK(code("Bearer intake-token") == status);
  }
  fixture.night.engine.says = ok();
  auto setup = std::make_shared<Setup>(*fixture.night.setup);
  setup->intake = {.token = {}, .user = "am", .password = Secret("pw"), .open = false};
  (void)fixture.night.engine.apply(setup);
  CHECK(code("Bearer intake-token") == 403);
  CHECK(code("Basic YW06cHc=") == 200);
  CHECK(code("Basic YW06cHg=") == 403);
  setup = std::make_shared<Setup>(*setup);
  setup->intake = {.token = {}, .user = {}, .password = {}, .open = true};
  (void)fixture.night.engine.apply(setup);
  CHECK(code("") == 200);
}
