#include "database/targets/lock_page.h"

#include "core/text.h"
#include "support/catch.h"
#include "support/json_reader.h"

using namespace finwatch;
using namespace finwatch::database;
using Catch::Matchers::Contains;
using finwatch::test::JsonReader;

namespace {

constexpr WallTime kSeen{std::chrono::seconds{1'700'000'000}};
constexpr WallTime kNow{std::chrono::seconds{1'700'000'012}};
constexpr std::string_view kEvil = "<script>alert(\"x\")</script>'&\\\x01\xff";

std::shared_ptr<LockPicture> picture_with(std::string_view word, std::int64_t waiters) {
  auto picture = std::make_shared<LockPicture>();
  picture->seen = kSeen;
  std::vector<LockEdge> edges;
  for (std::int64_t id = 12; id < 12 + waiters; ++id) edges.push_back({id, id - 1});
  picture->chain = chain_of(edges);
  picture->waiting = static_cast<std::size_t>(waiters);
  for (const LockNode& node : picture->chain.nodes) {
    LockSession session;
    session.pid = node.id;
    session.user = session.application = session.client = session.database = session.table = word;
    session.statement = valid_utf8(word);
    session.state = node.id == 11 ? "idle in transaction" : "active";
    session.transaction_seconds = 11'530;
    if (node.id != 11) session.wait_seconds = 75.25;
    picture->sessions.push_back(session);
  }
  return picture;
}

LockView view_of(std::shared_ptr<const LockPicture> picture) {
  return {.target = "nc", .engine = "postgresql", .up = true, .reason = {}, .problem = {}, .picture = std::move(picture)};
}

}  // namespace

TEST_CASE("lock page: the chain, in both languages") {
  const std::vector<LockView> views = {view_of(picture_with("nc_app", 2))};
  const std::string english = lock_page_html(views, kNow, Language::english);
  CHECK_THAT(english, Contains("<html lang=\"en\">") && Contains("2 sessions wait") && Contains("ROOT") &&
                          Contains("seen at 2023-11-14T22:13:20Z (12 s ago)") &&
                          Contains("waiting <b class=\"wait\">1 min 15 s</b>") &&
                          Contains("transaction open <b class=\"b\">3 h 12 min</b>") && Contains("margin-left:4rem") &&
                          Contains("last ran: nc_app") && Contains("runs: nc_app"));
  const std::string chinese = lock_page_html(views, kNow, Language::chinese);
  CHECK_THAT(chinese, Contains("<html lang=\"zh-CN\">") && Contains("2 个会话在等待") && Contains("阻塞源头") &&
                          Contains("已等待 <b class=\"wait\">1 min 15 s</b>") && Contains("最后执行: nc_app"));
  CHECK_THAT(lock_page_json(views, kNow), Contains(R"({"pid":13,"waits_for":12,"depth":2,"user":"nc_app")") &&
                                              Contains(R"("wait_seconds":75.250)") &&
                                              Contains(R"({"pid":11,"waits_for":null,"depth":0,"blocked_sessions":2,)"));
}

TEST_CASE("lock page: what a client or a server names is text and never markup") {
  LockView view = view_of(picture_with(kEvil, 1));
  view.target = view.engine = view.problem = std::string(kEvil);
  LockView down = view;
  down.up = false;
  down.reason = std::string(kEvil);
  const std::vector<LockView> views = {view, down};
  for (const Language language : {Language::chinese, Language::english}) {
    const std::string page = lock_page_html(views, kNow, language);
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("alert(\"") == std::string::npos);
    CHECK_THAT(page, Contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;"));
    CHECK(utf8_prefix(page) == page.size());
  }
  const std::string json = lock_page_json(views, kNow);
  CHECK(JsonReader(json).valid());
  CHECK(utf8_prefix(json) == json.size());
  CHECK_THAT(json, Contains(R"(<script>alert(\"x\")</script>'&\\\u0001)"));
}

TEST_CASE("lock page: down, never seen, quiet, unreadable, no target") {
  LockView down = view_of(picture_with("nc_app", 1));
  down.up = false;
  down.reason = "timeout";
  LockView unreadable = view_of(nullptr);
  unreadable.problem = "permission";
  LockView not_asked = view_of(nullptr);
  not_asked.up = false;
  const std::vector<LockView> views = {down, unreadable, not_asked, view_of(picture_with("", 0))};
  const std::string page = lock_page_html(views, kNow, Language::english);
  CHECK_THAT(page, Contains("<span class=\"tag\">DOWN: timeout</span>") && Contains("1 sessions wait") &&
                       Contains("not readable: permission") && Contains("Not seen yet.") &&
                       Contains("No session waits for a lock."));
  CHECK(JsonReader(lock_page_json(views, kNow)).valid());
  CHECK_THAT(lock_page_html({}, kNow, Language::chinese), Contains("没有这样的目标。"));
  CHECK(lock_page_json({}, kNow) == "{\"now\":1700000012.000,\"targets\":[]}\n");
}

TEST_CASE("lock page: what nobody could read is a number, and it is all in the JSON") {
  const std::vector<LockView> views = {view_of(picture_with("nc_app", 5000))};
  const std::string page = lock_page_html(views, kNow, Language::english);
  CHECK_THAT(page, Contains("4701 sessions are not drawn"));
  CHECK(page.size() < 300'000);
  const std::string json = lock_page_json(views, kNow);
  CHECK(JsonReader(json).valid());
  CHECK_THAT(json, Contains("\"pid\":5011,"));
}

TEST_CASE("lock page: a session that waits for two roots, a circle, a prepared and an unknown holder") {
  auto picture = std::make_shared<LockPicture>();
  const LockEdge edges[] = {{5, 0}, {5, 2}, {6, 2}, {8, 9}, {9, 8}, {10, -1}};
  picture->chain = chain_of(edges);
  picture->waiting = 5;
  for (const LockNode& node : picture->chain.nodes) {
    picture->sessions.emplace_back();
    picture->sessions.back().pid = node.id;
  }
  const std::string page = lock_page_html({view_of(picture)}, kNow, Language::english);
  CHECK_THAT(page, Contains("waits for these too: <b class=\"b\">2</b>") && Contains("a circle of waits") &&
                       Contains("session <b class=\"b\">a prepared transaction</b>") &&
                       Contains("session <b class=\"b\">unknown</b>"));
}

TEST_CASE("lock page: the links keep the target that was asked for") {
  const std::vector<LockView> views = {view_of(picture_with("nc_app", 1))};
  CHECK_THAT(lock_page_html(views, kNow, Language::chinese),
             Contains("href=\"?lang=en\"") && Contains("href=\"?format=json\""));
  CHECK_THAT(lock_page_html(views, kNow, Language::english, "db1:5432"),
             Contains("href=\"?lang=zh&amp;target=db1%3A5432\"") && Contains("href=\"?format=json&amp;target=db1%3A5432\""));
  CHECK_THAT(lock_page_html({}, kNow, Language::english, "\"><script>&账"),
             Contains("href=\"?lang=zh&amp;target=%22%3E%3Cscript%3E%26%E8%B4%A6\""));
}

TEST_CASE("lock page: a board belongs to the collector that opened it last") {
  auto old = open_lock_board("board");
  old->put(picture_with("old", 1));
  CHECK(picture_of("board")->waiting == 1);
  auto reloaded = open_lock_board("board");
  CHECK(picture_of("board") == nullptr);
  reloaded->put(picture_with("new", 2));
  old.reset();  // after a reload the old target goes last
  CHECK(picture_of("board")->waiting == 2);
  reloaded.reset();
  CHECK(picture_of("board") == nullptr);
  CHECK(picture_of("nobody") == nullptr);
}
