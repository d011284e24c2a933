#include "channel_fixture.h"
#include "core/text.h"
#include "notifier/channel/plain_text.h"
#include "notifier/channel/text.h"
#include "notifier/channel/time_words.h"

using namespace finwatch;
using namespace finwatch::notifier;
using finwatch::test::incident;
using finwatch::test::kTestNow;
using finwatch::test::page_message;
using finwatch::test::person;
using std::chrono::hours;
using std::chrono::minutes;

TEST_CASE("channel: a page says what, where, since when and until when, in both languages") {
  Message message = page_message();
  message.to = {person("zhang.wei", "张伟", "Zhang Wei")};
  message.to[0].link = "https://notify.example.com/t/abc";
  message.facts[0].runbook = "https://runbooks.example.com/zh/VoucherEntry";
  message.page = "https://notify.example.com/";
  CHECK(plain_text(message, 4000) ==
        "【严重 / Severe】INC-42 凭证录入失败 / Voucher entry fails\n"
        "凭证录入 / Voucher entry · 重大故障 / Major fault · erp\n"
        "自 11-27 22:15 起 · 3 条告警触发 / since 11-27 22:15 · 3 alerts fire\n"
        "须于 22:45 前响应（还有 29 分钟） / answer before 22:45 (in 29 min)\n"
        "认领 / Acknowledge · 张伟: https://notify.example.com/t/abc\n"
        "处置手册 / Runbook: https://runbooks.example.com/zh/VoucherEntry\n"
        "全部事件 / All incidents: https://notify.example.com/\n"
        "财务共享中心 / Finance SSC · D17 · INC-42");
}

TEST_CASE("channel: one language when one is listed, and their order is that of the list") {
  Message message = page_message();
  message.facts[0].firing = 1;
  message.languages = {"en"};
  CHECK(plain_text(message, 4000) ==
        "【Severe】INC-42 Voucher entry fails\n"
        "Voucher entry · Major fault · erp\n"
        "since 11-27 22:15 · 1 alert fires\n"
        "answer before 22:45 (in 29 min)\n"
        "Finance SSC · D17 · INC-42");
  message.languages = {"en", "zh"};
  CHECK(words_of(message).title == "【Severe / 严重】INC-42 Voucher entry fails / 凭证录入失败");
  message.languages = {};
  CHECK(words_of(message).title == "【严重】INC-42 凭证录入失败");
  message.languages = {"en"};
  message.facts[0].title = {"只有中文", ""};
  CHECK(words_of(message).title == "【Severe】INC-42 只有中文");
}

TEST_CASE("channel: every purpose has its own title and facts") {
  Message message = page_message();
  message.languages = {"zh", "en"};
  IncidentFacts& facts = message.facts[0];
  message.purpose = Purpose::joined;
  CHECK(words_of(message).title == "【故障仍在 / it goes on】INC-42 凭证录入失败 / Voucher entry fails");
  message.purpose = Purpose::warning;
  facts.note = {"响应时限已过半", "half of the time to answer is used up"};
  CHECK(words_of(message).title.starts_with("【时限将到 / deadline near】"));
  CHECK(words_of(message).lines.front() == "凭证录入 / Voucher entry · 严重 / Severe · 重大故障 / Major fault · erp");
  CHECK(words_of(message).lines.back() == "说明：响应时限已过半 / half of the time to answer is used up");
  message.purpose = Purpose::breach;
  facts.deadline = kTestNow - minutes{12};
  facts.deadline_clock = "first_diagnosis";
  CHECK(words_of(message).title.starts_with("【已超时限 / deadline missed】"));
  CHECK(words_of(message).lines[2] == "初步诊断时限 22:04 已过 12 分钟 / diagnose was due at 22:04, 12 min ago");
  facts.deadline = kTestNow + hours{26};
  facts.deadline_clock = "solve";
  CHECK(words_of(message).lines[2] == "须于 11-29 00:16 前解决（还有 1 天 2 小时） / solve before 11-29 00:16 (in 1 d 2 h)");
  message.purpose = Purpose::resolved;
  facts.resolved = kTestNow + minutes{64};
  facts.acknowledged_by = "li.na";
  facts.state = State::resolved;
  message.to = {person("li.na", "李娜", "Li Na")};
  message.to[0].link = "https://notify.example.com/t/abc";
  const MessageText resolved = words_of(message);
  CHECK(resolved.title.starts_with("【已恢复 / resolved】"));
  CHECK(resolved.lines[1] == "11-27 22:15 至 23:20，历时 1 小时 5 分钟 / from 11-27 22:15 to 23:20, 1 h 5 min");
  CHECK(resolved.lines[2] == "李娜 已认领 / acknowledged by 李娜");
  REQUIRE(resolved.links.size() == 1);
  CHECK(resolved.links[0].label == "打开 / Open · 李娜");
  message.purpose = Purpose::heartbeat;
  message.facts.clear();
  message.to.clear();
  CHECK(plain_text(message, 1000) ==
        "【心跳中断 / no heartbeat】监控本身没有声音 / the monitoring itself is silent\n财务共享中心 / Finance SSC · D17");
}

TEST_CASE("channel: what may be a repeat says so before all else") {
  Message message = page_message();
  message.maybe_twice = true;
  CHECK(words_of(message).lines.front() == "可能重复 / may be a repeat");
}

TEST_CASE("channel: a digest lists its incidents and counts the others") {
  Message message = page_message();
  message.facts.push_back(incident(43));
  message.facts[1].title = {"报表生成失败", "Report generation fails"};
  message.facts[1].acknowledged_by = "dba";
  message.facts[1].deadline.reset();
  message.more = 16;
  message.facts[0].runbook = "https://runbooks.example.com/a";
  const MessageText text = words_of(message);
  CHECK(text.title == "【严重 / Severe】18 个事件 / 18 incidents · INC-42 凭证录入失败 / Voucher entry fails");
  REQUIRE(text.lines.size() == 3);
  CHECK(text.lines[0] ==
        "INC-42 · 严重 / Severe · 凭证录入失败 / Voucher entry fails · 凭证录入 / Voucher entry · "
        "须于 22:45 前响应（还有 29 分钟） / answer before 22:45 (in 29 min)");
  CHECK(text.lines[1] ==
        "INC-43 · 严重 / Severe · 报表生成失败 / Report generation fails · 凭证录入 / Voucher entry · dba 已认领 / "
        "acknowledged by "
        "dba");
  CHECK(text.lines[2] == "另有 16 个 / and 16 more");
  CHECK(text.links.at(0).label == "处置手册 / Runbook INC-42");
  CHECK(text.foot == "财务共享中心 / Finance SSC · D17 · INC-42 INC-43");
}

TEST_CASE("channel: a digest that is too long leaves out the last and counts them") {
  Message message = page_message();
  message.languages = {"zh"};
  for (int i = 0; i < 60; ++i) message.facts.push_back(incident(100 + i));
  const std::string whole = plain_text(message, 100'000);
  CHECK(whole.find("另有") == std::string::npos);
  const std::string some = plain_text(message, 2048);
  CHECK(some.size() <= 2048);
  CHECK(some.find("INC-100") != std::string::npos);
  CHECK(some.find("INC-159") == std::string::npos);
  CHECK(some.ends_with(" INC-" + std::to_string(100 + 60 - std::stoi(some.substr(some.find("另有 ") + 7)) - 1)));
  for (std::size_t most = 3; most < 1500; most += 61) {
    const std::string text = plain_text(message, most);
    CHECK(text.size() <= most);
    CHECK(valid_utf8(text) == text);
  }
}

TEST_CASE("channel: what is too long is cut behind lines, and the foot stays") {
  Message message = page_message();
  message.languages = {"zh"};
  message.facts[0].note = {std::string(2000, 'x'), ""};
  CHECK(words_of(message).lines.back().size() < 400);
  const std::string text = plain_text(message, 300);
  CHECK(text.size() <= 300);
  CHECK(text.find("xxx") == std::string::npos);
  CHECK(text.ends_with("…\n财务共享中心 · D17 · INC-42"));
}

TEST_CASE("channel: a link is an address, and nothing in it ends a link") {
  Message message = page_message();
  IncidentFacts& facts = message.facts[0];
  facts.runbook = "javascript:alert(1)";
  CHECK(words_of(message).links.empty());
  facts.runbook = "https://ok.example/" + std::string(1000, 'a');
  CHECK(words_of(message).links.empty());
  facts.runbook = "https://ok.example/a b)[x](http://evil)\n<at id=all>手册?q=1&r=%20#x";
  REQUIRE(words_of(message).links.size() == 1);
  CHECK(words_of(message).links[0].url ==
        "https://ok.example/a%20b%29%5Bx%5D%28http://evil%29%0A%3Cat%20id=all%3E%E6%89%8B%E5%86%8C?q=1&r=%20#x");
}

TEST_CASE("channel: nothing in a line is markup for a robot") {
  for (const Markup markup : {Markup::dingtalk, Markup::wecom, Markup::feishu}) {
    CHECK(harmless("[x](http://evil) <at user_id=\"all\">a</at>", markup) ==
          "［x］(http：//evil) ＜at user_id=\"all\"＞a＜/at＞");
    CHECK(harmless("@all @13800000000 <@zhang>", markup) == "＠all ＠13800000000 ＜＠zhang＞");
    CHECK(harmless("a\n# b\r\n> c | d\n---", markup) == "a ＃ b ＞ c ｜ d ---");
    CHECK(harmless("<font color=\"info\">**b** `c` ~~d~~ _e_ &lt;", markup) ==
          "＜font color=\"info\"＞＊＊b＊＊ ｀c｀ ～～d～～ ＿e＿ ＆lt;");
    CHECK(harmless("node_cpu_seconds \\[x\\]", markup) == "node_cpu_seconds ＼［x＼］");
    CHECK(harmless("\xE2\x80\xAE\x1B[31m\xFF", markup) == "［31m\xEF\xBF\xBD");
  }
  CHECK(harmless("[x](http://a)\n@all", Markup::plain) == "[x](http://a) @all");
  CHECK(set_link({"a]b", "https://x/"}, Markup::dingtalk) == "[a］b](https://x/)");
}

TEST_CASE("channel: telephone numbers as robots want them") {
  const auto mobile = [](const std::string& phone) {
    Recipient someone;
    someone.phone = phone;
    return mobile_of(someone);
  };
  CHECK(mobile("+86 138-0000-0001") == "13800000001");
  CHECK(mobile("0086 13800000001") == "13800000001");
  CHECK(mobile("13800000001") == "13800000001");
  CHECK(mobile("+852 6123 4567") == "+85261234567");
  CHECK(mobile("none").empty());
  CHECK(mobile("138@all").empty());
  CHECK(mobile("").empty());
}

TEST_CASE("channel: lengths of time") {
  CHECK(length_words(std::chrono::seconds{59}).zh == "不到 1 分钟");
  CHECK(length_words(hours{2}).en == "2 h");
  CHECK(length_words(hours{49} + minutes{5}).zh == "2 天 1 小时");
  CHECK(length_words(minutes{-5}).en == "less than a minute");
  CHECK(day_and_minute(kTestNow, Zone()) == "11-27 14:16");
}
