// What people see, in both languages, and what links and codes let them do.
#include <set>

#include "desk_asker.h"
#include "notifier/incident/ticket.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace finwatch::notifier::desk_test;

namespace {

std::string ticket(const DeskFixture& fixture, std::int64_t incident = 42, std::string person = "zhang.wei") {
  return sign_ticket(fixture.night.setup->page.key,
                     {.incident = incident, .person = std::move(person), .until = kNow + hours{48}});
}

std::string code(const DeskFixture& fixture) { return ticket_code(fixture.night.setup->page.key, 42, "zhang.wei"); }

// Every start tag has its end, in order.
std::string unbalanced(const std::string& page) {
  const std::set<std::string> single = {"meta", "input", "br", "!DOCTYPE", "link"};
  std::vector<std::string> open;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const bool ends = page[at + 1] == '/';
    const std::size_t from = at + (ends ? 2U : 1U);
    const std::string name = page.substr(from, page.find_first_of(" >", from) - from);
    if (single.contains(name)) continue;
    if (!ends) {
      open.push_back(name);
    } else {
      if (open.empty() || open.back() != name) return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

// Every input that is shown has a label of its own.
std::string unlabelled(const std::string& page) {
  for (const char* tag : {"<input", "<select", "<textarea"})
    for (std::size_t at = page.find(tag); at != std::string::npos; at = page.find(tag, at + 1)) {
      const std::string text = page.substr(at, page.find('>', at) - at);
      if (has(text, "type=\"hidden\"")) continue;
      const std::size_t id = text.find(" id=\"");
      if (id == std::string::npos) return text;
      const std::string name = text.substr(id + 5, text.find('"', id + 5) - id - 5);
      if (!has(page, "<label for=\"" + name + "\"")) return text;
    }
  return {};
}

const std::vector<std::string> kPages = {"/incidents",
                                         "/incidents?state=closed",
                                         "/incident?id=INC-42",
                                         "/incident?id=INC-40",
                                         "/incident?id=INC-39",
                                         "/incident?id=INC-25",
                                         "/on-call",
                                         "/deliveries",
                                         "/figures?month=2026-11",
                                         "/figures?month=2025-01",
                                         "/login",
                                         "/code"};

}  // namespace

TEST_CASE("desk: every page is whole, labelled, and speaks the language that was asked for") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("admin");
  for (const std::string& path : kPages)
    for (const std::string lang : {"zh", "en"}) {
      INFO(path << " " << lang);
      const std::string page =
          fixture.get(path + (has(path, "?") ? "&" : "?") + "lang=" + lang, {.cookie = path == "/login" ? "" : cookie}).body;
      CHECK(unbalanced(page) == "");
      CHECK(unlabelled(page) == "");
      CHECK(has(page, lang == "zh" ? "<html lang=\"zh-CN\">" : "<html lang=\"en\">"));
      CHECK(has(page, "width=device-width"));
      CHECK(page.find("http://") == page.find("http://prometheus.example.com"));  // nothing from elsewhere
    }
}

TEST_CASE("desk: the language is what the link says, then the cookie, then the browser") {
  DeskFixture fixture;
  const WebAnswer chosen = fixture.get("/login?lang=en", {.cookie = "finwatch_lang=zh"});
  CHECK(has(chosen.body, "lang=\"en\""));
  CHECK(has(header_of(chosen, "Set-Cookie", "finwatch_lang="), "finwatch_lang=en"));
  CHECK(has(fixture.get("/login", {.cookie = "finwatch_lang=en", .more = {{"Accept-Language", "zh"}}}).body,
            "<html lang=\"en\">"));
  CHECK(has(fixture.get("/login", {.more = {{"Accept-Language", "en-GB"}}}).body, "<html lang=\"en\">"));
  CHECK(has(fixture.get("/login").body, "<html lang=\"zh-CN\">"));
}

TEST_CASE("desk: open incidents come the gravest first, with what is left of their clocks") {
  DeskFixture fixture;
  const std::string page = fixture.get("/incidents", {.cookie = fixture.log_in("auditor")}).body;
  std::size_t before = 0;
  for (const char* number : {"INC-42 ", "INC-40 ", "INC-41 ", "INC-38 ", "INC-39 "}) {
    const std::size_t at = page.find(number);
    REQUIRE(at != std::string::npos);
    CHECK(at > before);
    before = at;
  }
  CHECK(has(page, "剩 4 分钟"));
  CHECK(has(page, "超时 17 分钟"));
  CHECK(has(page, "data-left-says=\"剩 {}\" data-over-says=\"超时 {}\""));
  CHECK(has(page, "data-left=\"240\" data-limit=\"1800\" data-steady=\""));  // what the script counts on from
  CHECK(has(page, "data-left=\"-1020\""));
  CHECK(has(page, "2 个无人认领"));
  CHECK(has(page, "datetime=\"2026-11-26T18:49:00Z\">2026-11-27 02:49"));  // UTC for machines, the contract's zone for people
  CHECK_FALSE(has(page, "INC-20"));
  const std::string closed =
      fixture.get("/incidents?state=closed&search=60&severity=severe", {.cookie = fixture.log_in("auditor")}).body;
  CHECK(has(closed, "INC-20"));
  CHECK_FALSE(has(closed, "INC-21"));
}

TEST_CASE("desk: long lists go on where they ended") {
  DeskFixture fixture;
  for (int i = 0; i < 80; ++i) fixture.night.add(1000 + i, State::closed, {"旧", "old"}, "warning", "reports", hours{900});
  const std::string cookie = fixture.log_in("auditor");
  const std::string first = fixture.get("/incidents?state=closed&search=old", {.cookie = cookie}).body;
  CHECK(has(first, "INC-1079 "));
  CHECK_FALSE(has(first, "INC-1029 "));
  CHECK(has(first, "/incidents?search=old&amp;state=closed&amp;before=INC-1030"));
  const std::string second = fixture.get("/incidents?state=closed&search=old&before=INC-1030", {.cookie = cookie}).body;
  CHECK(has(second, "INC-1029 "));
  CHECK_FALSE(has(second, "before=INC-1000"));
}

TEST_CASE("desk: what alerts and people say is text, never markup or a link to run") {
  DeskFixture fixture;
  const std::string evil = "<script>alert(1)</script>\"'><img src=x>";
  Incident& incident = *fixture.night.journal->find(42);
  incident.title = {evil, evil};
  incident.where = incident.alertname = incident.service = incident.diagnosis = incident.acknowledged_by = evil;
  incident.runbook = "javascript:alert(1)";
  fixture.night.journal->alerts[0].labels = R"({"<b>":"<script>alert(1)</script>"})";
  fixture.night.journal->alerts[0].annotations = R"({"summary":"<script>"})";
  fixture.night.journal->alerts[0].generator_url = "javascript:alert(1)";
  fixture.night.journal->timeline[0].note = fixture.night.journal->deliveries[0].note = evil;
  const std::string cookie = fixture.log_in("admin");
  for (const std::string path :
       {"/incidents?search=%3Cscript%3E&state=all", "/incident?id=42", "/deliveries?incident=42", "/figures", "/incidents"}) {
    INFO(path);
    const WebAnswer answer = fixture.get(path, {.cookie = cookie});
    CHECK(answer.code == 200);
    CHECK_FALSE(has(without_ticking(answer.body), "<script"));
    CHECK_FALSE(has(answer.body, "<img"));
    CHECK_FALSE(has(answer.body, "javascript:"));
    CHECK(unbalanced(answer.body) == "");
  }
}

TEST_CASE("desk: the timeline says names where the journal has ids, and leaves alone what people and providers say") {
  DeskFixture fixture;
  const auto add = [&](const char* kind, const char* actor, const char* channel, const char* note) {
    fixture.night.journal->timeline.push_back(
        {.sequence = 100 + static_cast<std::int64_t>(fixture.night.journal->timeline.size()),
         .incident = 42,
         .at = kNow,
         .kind = kind,
         .actor = actor,
         .channel = channel,
         .note = note});
  };
  add("told", "finwatch", "sms", "zhang.wei: breach");
  add("step", "finwatch", "", "1: on_call, sms, dingtalk");
  add("classified", "finwatch", "", "major, severe");
  add("breached", "finwatch", "", "first_diagnosis");
  add("not_told", "finwatch", "voice", "li.na: isv.OUT_OF_SERVICE, severe <i>");
  add("assigned", "admin", "page", "wang.fang: ask zhang.wei, severe");
  add("note", "li.na", "link", "severe");
  const std::string cookie = fixture.log_in("auditor");
  const std::string page = fixture.get("/incident?id=42", {.cookie = cookie}).body;
  for (const char* words :
       {"通知已送达</b> · 短信<br>张伟: 已超时", "升级</b><br>1: 一线值班, 短信, 钉钉", "已分类</b><br>重大故障, 严重",
        "已超时</b><br>初步诊断", "通知失败</b> · 电话<br>李娜: isv.OUT_OF_SERVICE, severe &lt;i&gt;",
        "已分派</b> · admin · 页面<br>王芳: ask zhang.wei, severe", "备注</b> · 李娜 · 链接<br>severe"})
    CHECK_THAT(page, Catch::Matchers::Contains(words));
  CHECK(has(fixture.get("/incident?id=42&lang=en", {.cookie = cookie}).body, "Escalated</b><br>1: First line, SMS, DingTalk"));
}

TEST_CASE("desk: who was given an incident does not have it before he says so") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("auditor");
  Incident& incident = *fixture.night.journal->find(42);
  incident.state = State::assigned;
  incident.assigned = "zhang.wei";
  const std::string before = fixture.get("/incident?id=42", {.cookie = cookie}).body;
  CHECK(has(before, "已派给 <b>张伟</b>"));
  CHECK(has(before, "无人认领"));
  incident.state = State::acknowledged;
  const std::string after = fixture.get("/incident?id=42", {.cookie = cookie}).body;
  CHECK(has(after, "处理人 <b>张伟</b>"));
  CHECK_FALSE(has(after, "无人认领"));
}

TEST_CASE("desk: an incident shows the forms that fit its state and the visitor, and no other") {
  DeskFixture fixture;
  const auto forms = [&](const std::string& user, const std::string& id) {
    const std::string page = fixture.get("/incident?id=" + id, {.cookie = fixture.log_in(user)}).body;
    std::string names;
    for (const std::string_view name : kActionNames)
      if (has(page, "name=\"action\" value=\"" + std::string(name) + "\"")) names += std::string(name) + " ";
    return names;
  };
  CHECK(forms("auditor", "42").empty());
  CHECK(forms("zhang.wei", "42") == "acknowledge assign diagnose note resolve ");
  CHECK(forms("admin", "42") == "acknowledge assign diagnose note resolve false_alarm merge ");
  CHECK(forms("zhang.wei", "41") == "diagnose note resolve ");  // it is assigned to this one
  CHECK(forms("zhang.wei", "39") == "note verify reopen ");
  CHECK(forms("admin", "39") == "note verify close false_alarm reopen merge ");
  CHECK(forms("admin", "20") == "note reopen ");
  CHECK(forms("admin", "25") == "note ");  // merged
}

TEST_CASE("desk: the timeline begins with what came last") {
  DeskFixture fixture;
  const std::string page = fixture.get("/incident?id=42&lang=en", {.cookie = fixture.log_in("auditor")}).body;
  CHECK(page.find("Four fifths of the time used") < page.find("Alert joined"));
  CHECK(page.find("Alert joined") < page.find("<b>Classified</b>"));
}

TEST_CASE("desk: what the engine refuses is said, with what was written kept") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("zhang.wei");
  const std::string body = "incident=INC-42&action=diagnose&note=disk+full&token=" + fixture.token(cookie);
  for (const auto& [error, status] : {std::pair{Errc::config, 409}, std::pair{Errc::malformed, 409},
                                      std::pair{Errc::no_data, 404}, std::pair{Errc::unavailable, 503}}) {
    fixture.night.engine.says = Status{error, "INC-42 is closed"};
    const WebAnswer answer = fixture.post("/incident", {.body = body, .cookie = cookie});
    CHECK(answer.code == status);
    CHECK(has(answer.body, "INC-42 is closed"));
    CHECK(has(answer.body, ">disk full</textarea>"));
  }
  std::string note;
  for (int i = 0; i < 2001; ++i) note += "%E4%B8%AD";
  fixture.night.engine.says = ok();
  fixture.night.engine.actions.clear();
  CHECK(fixture.post("/incident", {.body = body + "&note=" + note, .cookie = cookie}).code == 400);
  CHECK(fixture.night.engine.actions.empty());
  CHECK(fixture.post("/incident", {.body = body + "&note=" + note.substr(9), .cookie = cookie}).code ==
        303);  // 2,000 are right
}

TEST_CASE("desk: what is typed reaches the journal as text that every database takes") {
  DeskFixture fixture;
  const Asking wish{.body = R"({"incident":"INC-42","action":"note","note":" a\u0000b "})",
                    .type = "application/json",
                    .authorization = kResponder};
  CHECK(fixture.post("/api/v1/incident/act", wish).code == 200);
  CHECK(fixture.night.engine.actions.back().note == "ab");
  const std::string token = ticket(fixture);
  CHECK(fixture.post("/ack", {.body = "t=" + token + "&action=diagnose&note=%FF"}).code == 303);
  CHECK(fixture.night.engine.actions.back().note == "\xEF\xBF\xBD");
  for (const char* empty :
       {R"({"incident":"INC-42","action":"note","note":" "})", R"({"incident":"INC-42","action":"diagnose"})"})
    CHECK(fixture.post("/api/v1/incident/act", {.body = empty, .type = "application/json", .authorization = kResponder}).code ==
          400);
}

TEST_CASE("desk: opening a link shows, and only its button acknowledges") {
  DeskFixture fixture;
  const std::string token = ticket(fixture);
  for (int i = 0; i < 3; ++i) {
    const WebAnswer seen = fixture.get("/ack?t=" + token);
    CHECK(seen.code == 200);
    CHECK(has(seen.body, "凭证录入拨测连续失败"));
    CHECK(has(seen.body, "value=\"acknowledge\""));
    CHECK(has(seen.body, "https://docs.example.com/runbooks/zh/VoucherEntryFailing"));
    CHECK(unbalanced(seen.body) == "");
  }
  CHECK(fixture.night.engine.actions.empty());
  const WebAnswer done = fixture.post("/ack", {.body = "t=" + token + "&action=acknowledge"});
  CHECK(done.code == 303);
  CHECK(header_of(done, "Location") == "/ack?t=" + token);
  REQUIRE(fixture.night.engine.actions.size() == 1);
  CHECK(fixture.night.engine.actions[0].actor == "zhang.wei");
  CHECK(fixture.night.engine.actions[0].channel == "link");
  CHECK(has(fixture.get("/ack?t=" + token).body, "您已认领"));
  CHECK(fixture.post("/ack", {.body = "t=" + token + "&action=diagnose&note=disk"}).code == 303);
  CHECK(fixture.night.engine.actions.back().note == "disk");
}

TEST_CASE("desk: a link lets nobody do more, and is none when it is old, forged, or of somebody who left") {
  DeskFixture fixture;
  const std::string token = ticket(fixture);
  for (const std::string_view action : kActionNames)
    if (action != "acknowledge" && action != "diagnose")
      CHECK(fixture.post("/ack", {.body = "t=" + token + "&note=x&action=" + std::string(action)}).code == 403);
  CHECK(fixture.get("/ack?t=" + ticket(fixture, 42, "who.left")).code == 403);
  CHECK(fixture.get("/ack?t=" + ticket(fixture, 99)).code == 404);
  CHECK(fixture.get("/ack?t=AAAA").code == 403);
  CHECK(fixture.post("/ack", {.body = "t=" + token + "&action=acknowledge", .more = {{"Sec-Fetch-Site", "cross-site"}}}).code ==
        403);
  fixture.night.clock.advance(hours{49});
  CHECK(fixture.get("/ack?t=" + token).code == 403);
  CHECK(fixture.post("/ack", {.body = "t=" + token + "&action=acknowledge"}).code == 403);
  CHECK(fixture.night.engine.actions.empty());
}

TEST_CASE("desk: six digits open the page of who was told, also with blanks between them") {
  DeskFixture fixture;
  std::string digits = code(fixture);
  const WebAnswer right = fixture.post("/code", {.body = "code=" + digits.substr(0, 3) + "+" + digits.substr(3)});
  CHECK(right.code == 303);
  const std::string where = header_of(right, "Location");
  CHECK(where.starts_with("/ack?t="));
  CHECK(fixture.get(where).code == 200);
  CHECK(fixture.night.engine.actions.empty());
  const std::string token = where.substr(7, where.find('&') - 7);
  CHECK(fixture.post("/ack", {.body = "t=" + token + "&by=code&action=acknowledge"}).code == 303);
  CHECK(fixture.night.engine.actions.back().channel == "code");
  CHECK(fixture.post("/code", {.body = "code=" + ticket_code(fixture.night.setup->page.key, 42, "li.na")}).code ==
        403);  // was never told
  fixture.night.journal->find(42)->state = State::closed;
  CHECK(fixture.post("/code", {.body = "code=" + digits}).code == 403);
}

TEST_CASE("desk: ten wrong codes close the form for everybody, for ten minutes") {
  DeskFixture fixture;
  const std::string right = code(fixture);
  for (int i = 0; i < 10; ++i) {
    const std::string wrong = std::string(5, '0') + std::to_string(i);
    if (wrong == right) continue;
    CHECK(fixture.post("/code", {.body = "code=" + wrong, .peer = "192.0.2." + std::to_string(i)}).code == 403);
  }
  CHECK(fixture.post("/code", {.body = "code=" + right, .peer = "192.0.2.99"}).code == 429);
  fixture.night.clock.advance(minutes{9});
  CHECK(fixture.post("/code", {.body = "code=" + right}).code == 429);
  fixture.night.clock.advance(minutes{1});
  CHECK(fixture.post("/code", {.body = "code=" + right}).code == 303);
}

TEST_CASE("desk: an instance that does not lead says who does, and acts all the same") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("zhang.wei");
  fixture.night.engine.leads = false;
  fixture.night.engine.leader = "notify2:19605";
  CHECK(has(fixture.get("/incidents", {.cookie = cookie}).body, "notify2:19605"));
  CHECK(fixture.post("/incident", {.body = "incident=42&action=acknowledge&token=" + fixture.token(cookie), .cookie = cookie})
            .code == 303);
  fixture.night.engine.leader.clear();
  CHECK(has(fixture.get("/incidents?lang=en", {.cookie = cookie}).body, "No instance leads now"));
}

TEST_CASE("desk: a journal that does not answer is 503, and asked again the next time") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("auditor");
  fixture.night.journal->answers = Status{Errc::unavailable, "the disk is away"};
  const WebAnswer page = fixture.get("/incidents", {.cookie = cookie});
  CHECK(page.code == 503);
  CHECK(has(page.body, "the disk is away"));
  fixture.opens = Status{Errc::no_data, "nothing is there yet"};
  CHECK(fixture.get("/api/v1/incidents", {.authorization = kViewer}).code == 503);
  CHECK(fixture.post("/code", {.body = "code=000000"}).code == 503);
  for (const char* path : {"/on-call", "/code"})
    CHECK(fixture.get(path, {.cookie = cookie}).code == 200);  // they do without it
  CHECK(fixture.post("/ack", {.body = "t=" + ticket(fixture) + "&action=acknowledge"}).code == 303);
  fixture.opens = ok();
  fixture.night.journal->answers = ok();
  CHECK(fixture.get("/incidents", {.cookie = cookie}).code == 200);
}

TEST_CASE("desk: a journal that may not be read stops the start, one that is not there yet does not") {
  Night night;
  finwatch::Env env;
  const auto opened = [&](Errc code) {
    return static_cast<bool>(Desk::open(
        night.engine,
        [code]() -> Result<std::unique_ptr<Store>> {
          return Error{code, "why"};
        },
        env));
  };
  CHECK(opened(Errc::no_data));
  CHECK(opened(Errc::unavailable));
  CHECK_FALSE(opened(Errc::config));
  CHECK_FALSE(opened(Errc::permission));
}

TEST_CASE("desk: the rota shows who has which day, and gaps in red") {
  DeskFixture fixture;
  const std::string page = fixture.get("/on-call?lang=en", {.cookie = fixture.log_in("auditor")}).body;
  CHECK(has(page, "until <time datetime=\"2026-11-28T10:00:00Z\">2026-11-28 18:00</time>"));
  CHECK(has(page, "The rota has a gap from <time datetime=\"2026-12-12T01:00:00Z\">2026-12-12 09:00"));
  std::size_t days = 0;
  for (std::size_t at = page.find("class=\"day\""); at != std::string::npos; at = page.find("class=\"day\"", at + 1)) ++days;
  CHECK(days == 35);
  CHECK(has(page, "<td class=\"today\"><span class=\"day\"><time datetime=\"2026-11-27\">"));
  CHECK(has(page, "18:00</span> Li Na"));
  CHECK(has(page, "gap-day"));
  fixture.night.clock.advance(hours{24 * 16});  // into the gap
  CHECK(has(fixture.get("/on-call?lang=en", {.cookie = fixture.log_in("auditor")}).body, "There is a gap now"));
}

TEST_CASE("desk: requests that make no sense are told so") {
  DeskFixture fixture;
  const std::string cookie = fixture.log_in("auditor");
  for (const char* path : {"/incidents?state=odd", "/incidents?before=x", "/incidents?limit=0",
                           "/incident?id=", "/incident?id=INC-x", "/deliveries?state=odd", "/deliveries?channel=pigeon",
                           "/deliveries?incident=x", "/figures?month=2026-13", "/figures?month=now", "/incidents?search=%zz"}) {
    INFO(path);
    CHECK(fixture.get(path, {.cookie = cookie}).code == 400);
  }
  CHECK(fixture.get("/incident?id=INC-999", {.cookie = cookie}).code == 404);
}
