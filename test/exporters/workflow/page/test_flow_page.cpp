#include "workflow/page/flow_page.h"

#include "core/text.h"
#include "fake_flows.h"
#include "support/json_reader.h"

using namespace finwatch;
using namespace finwatch::workflow;
using Catch::Matchers::Contains;
using finwatch::test::JsonReader;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::string_view kEvil = "<script>alert(\"x\")</script>'&\\\x01\xff";

PageRequest in(Language language, std::string chosen = {}) {
  PageRequest asked;
  asked.language = language;
  asked.chosen = std::move(chosen);
  return asked;
}
const PageRequest kEnglish = in(Language::english);
const PageRequest kChinese = in(Language::chinese);

FlowPage see(const FakeFlows& fake, const std::string& flow = {}, const std::string& run = {}) {
  return see_flows(fake.board, fake.checks, {flow, run}, Zone(), fake.now);
}
std::string english(const FakeFlows& fake, const std::string& flow = {}, const std::string& run = {}) {
  return flow_page_html(see(fake, flow, run), kEnglish);
}
std::string json(const FakeFlows& fake, const std::string& flow = {}, const std::string& run = {}) {
  std::string text = flow_page_json(see(fake, flow, run));
  CHECK(JsonReader(text).valid());
  CHECK(utf8_prefix(text) == text.size());
  return text;
}

void fail(RunReport& run, Reason reason, std::string_view message) {
  run.success = false;
  run.reason = reason;
  run.message = message;
}

/// A step of the flow's part that ran from `begun` for `duration`.
StepReport& add_step(RunReport& run, Section section, milliseconds begun, milliseconds duration) {
  StepReport& step = run.steps.emplace_back();
  step.step = &run.flow->part(section).front();
  step.section = section;
  step.begun = step.attempt_begun = begun;
  step.duration = duration;
  step.attempts = 1;
  return step;
}

const Grant kAll{.mode = Mode::write, .hosts = {"127.0.0.1"}, .ledgers = {"books"}, .writes_per_day = 50};

}  // namespace

TEST_CASE("flow page: each state of a flow is told, and what needs somebody comes first") {
  FakeFlows fake(kReportAndEntry);
  CHECK_THAT(english(fake), Contains("1 refused") && Contains("1 never run") &&
                                Contains("it needs mode: write, and the configuration grants read_only"));
  CHECK(standing_of(see(fake, "entry").flows[0]) == Standing::refused);

  fake.add_run(0, [](RunReport& run) { run.duration = milliseconds(900); });
  CHECK_THAT(english(fake), Contains("1 ok") && Contains(">900 ms<") && !Contains("objective"));
  fake.now += seconds(60);
  fake.add_run(0, [](RunReport& run) { run.duration = milliseconds(1900); });
  CHECK_THAT(english(fake), Contains("1.90 s<br>objective: 1.50 s"));

  fake.now += seconds(60);
  fake.add_run(0, [](RunReport& run) { fail(run, Reason::timeout, "open: not within 5 s"); });
  fake.now += seconds(75);
  const std::string page = english(fake);
  CHECK_THAT(page, Contains("1 failing") && Contains("22:15:20") && Contains("1 min 15 s ago") &&
                       Contains("<b>timeout</b> <span class=\"quiet\">(late)</span><br>open: not within 5 s") &&
                       Contains("<i></i><i></i><i class=\"f\"></i>"));
  CHECK(page.find("Report</a>") < page.find("Entry</a>"));
  CHECK_THAT(json(fake), Contains(R"("state":"failing","failing_since":1700000120.000,"or_earlier":false)") &&
                             Contains(R"("reason":"timeout","message":"open: not within 5 s")") &&
                             Contains(R"("state":"refused")"));
}

TEST_CASE("flow page: another product is no failure") {
  FakeFlows fake(kReportAndEntry);
  fake.add_run(0, [](RunReport& run) {
    run.success = false;
    run.unsupported = true;
    run.message = "expected the status 200, found 404";
    add_step(run, Section::steps, milliseconds(0), milliseconds(20)).result = StepResult::failed;
  });
  const std::string page = english(fake);
  CHECK_THAT(page, Contains("1 not this product") && Contains("expected the status 200, found 404") && !Contains("failing") &&
                       Contains("<i class=\"u\"></i>"));
  CHECK_THAT(english(fake, "report"),
             Contains("<span class=\"tag calm\">not this product</span>") && !Contains(">failed</span>"));
  CHECK_THAT(flow_page_html(see(fake), kChinese), Contains("1 非本产品"));
  CHECK_THAT(json(fake, "report"), Contains(R"("state":"other_product","failing_since":null)") &&
                                       Contains(R"("result":"other_product","reason":null)"));
}

TEST_CASE("flow page: failing since the first of the failures in a row, or earlier than is kept") {
  FakeFlows fake(kReportAndEntry);
  fake.add_run(0, [](RunReport&) {});
  const auto fail_once = [&] {
    fake.now += seconds(60);
    fake.add_run(0, [](RunReport& run) { fail(run, Reason::connect, "open: refused"); });
  };
  fail_once();
  const WallTime first = fake.now;
  fail_once();
  FailingSince since = failing_since(see(fake, "report").flows[0]);
  CHECK(since.when == first);
  CHECK(!since.or_earlier);
  for (std::size_t i = 2; i < kMostKeptRuns; ++i) fail_once();
  fake.board.change([](std::vector<FlowState>& flows) { flows[0].recent.resize(kMostKeptRuns); });
  since = failing_since(see(fake, "report").flows[0]);
  CHECK(since.when == first);
  CHECK(since.or_earlier);
  CHECK_THAT(english(fake), Contains("or earlier"));
}

TEST_CASE("flow page: running, held back, quota, residue and the next run") {
  FakeFlows fake(kReportAndEntry, kAll);
  fake.board.change([&](std::vector<FlowState>& flows) {
    FlowState& entry = flows[1];
    entry.running = true;
    entry.held_until = fake.now + seconds(90);
    entry.quota_reached = true;
    entry.writes_today = 50;
    entry.residue = 2;
    entry.next = fake.now + seconds(40);
  });
  CHECK_THAT(english(fake), Contains(">running<") && Contains(">held back<") &&
                                Contains("no login before 2023-11-14 22:14:50") &&
                                Contains("the writes of today are used up") && Contains("50 / 50") &&
                                Contains("<td class=\"n bad\">2</td>") && Contains("in 40 s"));
  CHECK_THAT(json(fake), Contains(R"("running":true,"held_until":1700000090.000,"quota_reached":true)") &&
                             Contains(R"("writes_today":50,"writes_per_day":50,"residue":2)"));
}

TEST_CASE("flow page: a waterfall has the time of its steps, and phases where the last attempt was") {
  FakeFlows fake(kReportAndEntry, kAll);
  fake.add_run(1, [](RunReport& run) {
    run.run_id = "20231114-221320-0000aaaa";
    run.trace_id = std::string(32, 'f');
    run.duration = milliseconds(600);
    run.created = run.removed = 1;
    StepReport& save = add_step(run, Section::steps, milliseconds(200), milliseconds(600));
    save.attempts = 3;
    save.attempt_begun = milliseconds(500);
    save.phases[Phase::connect] = milliseconds(100);
    save.phases[Phase::processing] = milliseconds(200);
    save.sent = "POST http://127.0.0.1:1/";
    save.status = 200;
    add_step(run, Section::finally, milliseconds(800), milliseconds(200));
  });
  // The axis ends with `finally`, 1 s after the run began; the duration of the steps is 600 ms.
  const std::string page = english(fake, "entry");
  CHECK_THAT(page, Contains("class=\"step\" style=\"left:20.000%;width:60.000%\"") &&
                       Contains("class=\"again\" style=\"left:20.000%;width:30.000%\"") &&
                       Contains("class=\"connect\" style=\"left:50.000%;width:10.000%\"") &&
                       Contains("class=\"processing\" style=\"left:60.000%;width:20.000%\" title=\"first byte 200 ms\"") &&
                       Contains("class=\"step\" style=\"left:80.000%;width:20.000%\""));
  CHECK_THAT(page, Contains("background-size:20.000% 100%") && Contains("<span style=\"left:80.000%\">800 ms</span>"));
  CHECK_THAT(page, Contains("POST http://127.0.0.1:1/") && Contains("3 attempts") && Contains("creates voucher") &&
                       Contains("finally: always, cleans up") && Contains(std::string(32, 'f')) && Contains("1 / 1"));
  CHECK_THAT(json(fake, "entry"), Contains(R"("part":"finally")") && Contains(R"("begun_seconds":0.200000)") &&
                                      Contains(R"("last_attempt_begun_seconds":0.500000)") && Contains(R"("attempts":3)") &&
                                      Contains(R"("processing":0.200000)"));
}

TEST_CASE("flow page: a run has a lasting link, also the last failure that newer runs pushed out") {
  FakeFlows fake(kReportAndEntry);
  for (const std::string id : {"one", "two"})
    fake.add_run(0, [&](RunReport& run) {
      run.run_id = id;
      add_step(run, Section::steps, milliseconds(0), milliseconds(id == "one" ? 111 : 222));
    });
  auto old = std::make_shared<RunReport>();
  old->flow = fake.flows[0];
  old->run_id = "old";
  fail(*old, Reason::lock, "open: locked");
  fake.board.change([&](std::vector<FlowState>& flows) { flows[0].last_failed = old; });

  CHECK_THAT(english(fake, "report"), Contains("href=\"?flow=report&amp;run=one\"") &&
                                          Contains("href=\"?flow=report&amp;run=old\"") && Contains("222 ms") &&
                                          !Contains("111 ms"));
  CHECK_THAT(english(fake, "report", "one"), Contains("111 ms") && !Contains("222 ms") &&
                                                 Contains("href=\"?format=json&amp;flow=report&amp;run=one\"") &&
                                                 Contains("href=\"?lang=zh&amp;flow=report&amp;run=one\""));
  CHECK_THAT(english(fake, "report", "old"), Contains("<b>lock</b>"));
  CHECK(see(fake, "report", "old").found());
  CHECK(!see(fake, "report", "gone").found());
  CHECK_THAT(english(fake, "report", "gone"), Contains("Run gone is not kept any more"));
  CHECK(!see(fake, "nobody").found());
  CHECK_THAT(english(fake, "nobody"), Contains("No flow is called nobody."));
  CHECK(json(fake, "nobody") == "{\"now\":1700000000.000,\"flows\":[]}\n");
  const std::string one = json(fake, "report", "one");
  CHECK_THAT(one, Contains(R"("run":"one")") && !Contains(R"("run":"two")"));
  CHECK_THAT(flow_page_html(see(fake, "report"), in(Language::english, "en")),
             Contains("href=\"?flow=report&amp;run=one&amp;lang=en\"") && Contains("href=\"?lang=en\">←"));
}

TEST_CASE("flow page: what a system answered is text and never markup") {
  FakeFlows fake(kReportAndEntry);
  fake.add_run(0, [](RunReport& run) {
    fail(run, Reason::assertion, kEvil);
    run.run_id = run.trace_id = run.release = kEvil;
    StepReport& step = add_step(run, Section::steps, milliseconds(0), milliseconds(5));
    step.result = StepResult::failed;
    step.message = step.excerpt = step.sent = step.remote = step.version = kEvil;
    step.status = 500;
    auto tls = std::make_shared<TlsFacts>();
    tls->complete = true;
    tls->cipher = tls->verify_text = kEvil;
    step.tls = tls;
    StepReport& skipped = add_step(run, Section::steps, milliseconds(5), milliseconds(0));
    skipped.result = StepResult::skipped;
    skipped.message = kEvil;
  });
  fake.board.change([](std::vector<FlowState>& flows) { flows[1].refusal = kEvil; });
  for (const PageRequest& asked : {kEnglish, kChinese})
    for (const FlowPage& page : {see(fake), see(fake, "report"), see(fake, std::string(kEvil)),
                                 see(fake, "report", std::string(kEvil)), see(fake, "report", "no " + std::string(kEvil))}) {
      const std::string html = flow_page_html(page, asked);
      CHECK(html.find("<script") == std::string::npos);
      CHECK(html.find("alert(\"") == std::string::npos);
      CHECK_THAT(html, Contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;"));
      CHECK(utf8_prefix(html) == html.size());
    }
  CHECK_THAT(json(fake, "report"), Contains(R"(<script>alert(\"x\")</script>'&\\\u0001)"));
}

TEST_CASE("flow page: an English page has no Chinese, and each reason is explained in both languages") {
  FakeFlows fake(kReportAndEntry, kAll);
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    fake.add_run(1, [&](RunReport& run) {
      fail(run, static_cast<Reason>(i), "why");
      StepReport& step = add_step(run, Section::finally, milliseconds(0), milliseconds(5));
      step.result = StepResult::failed;
      step.reason = static_cast<Reason>(i);
      step.excerpt = "body";
    });
    std::string page = english(fake, "entry");
    const std::size_t other = page.find("中文</a>");
    REQUIRE(other != std::string::npos);
    page.erase(other, std::string_view("中文").size());
    for (const std::string& each : {std::string("→"), std::string("←"), std::string("▸"), std::string("✗")})
      for (std::size_t at = page.find(each); at != std::string::npos; at = page.find(each)) page.erase(at, each.size());
    const bool ascii = std::all_of(page.begin(), page.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    CHECK(ascii);
    CHECK_THAT(page, Contains("<b>" + std::string(kReasonNames[i]) + "</b> <span class=\"quiet\">("));
    CHECK_THAT(flow_page_html(see(fake, "entry"), kChinese),
               Contains("<html lang=\"zh-CN\">") && Contains("收尾清理") && Contains("对方的应答") && Contains("凭证录入"));
  }
}

TEST_CASE("flow page: a thousand flows are one row each") {
  std::string file = "flows:\n";
  for (int i = 0; i < 1000; ++i)
    file += "  - {name: f" + std::to_string(i) +
            ", title: {zh: 流程, en: Flow}, schedule: {every: 60s}, steps: [{id: open, http: "
            "{get: \"http://127.0.0.1:1/\"}}]}\n";
  FakeFlows fake(file);
  for (std::size_t i = 0; i < 1000; ++i)
    for (std::size_t run = 0; run < kMostKeptRuns; ++run) fake.add_run(i, [](RunReport&) {});
  const std::string page = english(fake);
  CHECK_THAT(page, Contains("1000 ok") && Contains("?flow=f999\""));
  CHECK(page.size() < 700'000);
  CHECK(json(fake).size() < 700'000);
}

TEST_CASE("flow page: no flows, and the checks of the books") {
  FakeFlows fake("flows: []\n");
  auto check = std::make_shared<Check>();
  check->id = "unbalanced";
  check->title = {"借贷不平", "Unbalanced vouchers"};
  check->text = {"借方与贷方不等的凭证。", "Vouchers whose debits are not their credits."};
  check->values = {{"vouchers", Unit::count}, {"off", Unit::amount}, {"oldest", Unit::seconds}, {"share", Unit::ratio}};
  auto by_period = std::make_shared<Check>();
  by_period->id = "by_period";
  by_period->title = {"按期间", "By period"};
  by_period->text = by_period->title;
  by_period->labels = {"period"};
  by_period->values = {{"vouchers", Unit::count}};
  auto book = std::make_shared<Book>();
  book->name = "books";
  book->product = "Tryton";
  book->checks = {check, by_period};
  fake.checks.set_books({book});
  CHECK_THAT(english(fake),
             Contains("The configuration has no flows.") && Contains("Integrity checks") && Contains("not run yet"));
  fake.checks.change([&](std::vector<BookState>& books) {
    CheckState& first = books[0].checks[0];
    first.success = false;
    first.message = std::string("timeout ") + std::string(kEvil);
    first.rows = {{"", {2.0, 1234.5, 90.0, std::nullopt}}};
    first.last_success = fake.now - seconds(75);
    first.next = fake.now + seconds(40);
    CheckState& second = books[0].checks[1];
    second.success = true;
    second.last_success = fake.now;
    for (int i = 0; i < 25; ++i) second.rows.push_back({"p" + std::to_string(i), {1.0}});
    second.cut_rows = 3;
    books[0].supported = false;
    books[0].missing = {"gl_voucher"};
  });
  const std::string page = english(fake);
  CHECK_THAT(page, Contains("Unbalanced vouchers") &&
                       Contains("vouchers <b>2</b>, off <b>1234.50</b>, oldest <b>1 min 30 s</b>, share –") &&
                       Contains("1 min 15 s ago") && Contains("in 40 s") && Contains("timeout &lt;script&gt;") &&
                       Contains("<code>gl_voucher</code>") && Contains("28 rows") && Contains("and 8 more") &&
                       !Contains("p20"));
  CHECK_THAT(flow_page_html(see(fake), kChinese), Contains("账簿检查") && Contains("借方与贷方不等的凭证。"));
  CHECK_THAT(json(fake), Contains(R"("values":{"vouchers":2.000000,"off":1234.500000,"oldest":90.000000,"share":null})") &&
                             Contains(R"("item":"p24")") && Contains(R"("cut_rows":3)"));
  CHECK(!english(fake, "nobody").empty());
}
