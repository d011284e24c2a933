#include "channel_fixture.h"

using namespace finwatch;
using namespace finwatch::notifier;
using finwatch::test::FakeCall;
using finwatch::test::page_message;
using finwatch::test::person;
using finwatch::test::RobotFixture;
using finwatch::test::RobotMood;
using std::chrono::seconds;

namespace {

Message page_for_two() {
  Message message = page_message();
  message.to = {person("zhang.wei", "张伟", "Zhang Wei"), person("li.na", "李娜", "Li Na")};
  message.to[0].phone = "+86 138 0000 0001";
  message.to[0].link = "https://n.example/t/a";
  message.to[1].link = "https://n.example/t/b";
  return message;
}

}  // namespace

TEST_CASE("channel: DingTalk: the whole body of a page, with those to wake") {
  RobotFixture fixture;
  const Receipt receipt = fixture.dingtalk()->send(page_for_two(), fixture.soon());
  CHECK(receipt.verdict == Verdict::accepted);
  CHECK(receipt.code == "0");
  REQUIRE(fixture.web.calls().size() == 1);
  const FakeCall call = fixture.web.calls()[0];
  CHECK(call.query == "access_token=tok-1234567");
  CHECK(call.headers.at("content-type") == "application/json; charset=utf-8");
  CHECK(call.body ==
        R"({"msgtype":"markdown","markdown":{"title":"【严重 / Severe】INC-42 凭证录入失败 / Voucher entry fails",)"
        R"("text":"### 【严重 / Severe】INC-42 凭证录入失败 / Voucher entry fails\u000a\u000a)"
        R"(凭证录入 / Voucher entry · 重大故障 / Major fault · erp\u000a\u000a)"
        R"(自 11-27 22:15 起 · 3 条告警触发 / since 11-27 22:15 · 3 alerts fire\u000a\u000a)"
        R"(须于 22:45 前响应（还有 29 分钟） / answer before 22:45 (in 29 min)\u000a\u000a)"
        R"([认领 / Acknowledge · 张伟](https://n.example/t/a) · [认领 / Acknowledge · 李娜](https://n.example/t/b)\u000a\u000a)"
        R"(通知 / for: @13800000001 李娜\u000a\u000a)"
        R"(财务共享中心 / Finance SSC · D17 · INC-42"},"at":{"atMobiles":["13800000001"],"atUserIds":[],"isAtAll":false}})");
  CHECK(fixture.robots.accepted().at(0).reference == "D17");
  CHECK(fixture.robots.accepted().at(0).mobiles == std::vector<std::string>{"13800000001"});
  CHECK((receipt.note + receipt.provider_id).find("1380000") == std::string::npos);
}

TEST_CASE("channel: DingTalk: a page that wakes nobody by name is a card with buttons") {
  RobotFixture fixture;
  Message message = page_message();
  message.languages = {"zh"};
  message.page = "https://n.example/";
  message.facts[0].runbook = "https://r.example/a";
  CHECK(fixture.dingtalk()->send(message, fixture.soon()).verdict == Verdict::accepted);
  CHECK(
      fixture.web.calls().at(0).body ==
      R"({"msgtype":"actionCard","actionCard":{"title":"【严重】INC-42 凭证录入失败",)"
      R"("text":"### 【严重】INC-42 凭证录入失败\u000a\u000a凭证录入 · 重大故障 · erp\u000a\u000a自 11-27 22:15 起 · 3 条告警触发\u000a\u000a)"
      R"(须于 22:45 前响应（还有 29 分钟）\u000a\u000a财务共享中心 · D17 · INC-42","btnOrientation":"0",)"
      R"("btns":[{"title":"处置手册","actionURL":"https://r.example/a"},{"title":"全部事件","actionURL":"https://n.example/"}]}})");
  CHECK(fixture.robots.accepted().at(0).reference == "D17");
}

// python3 -c "import hmac,hashlib,base64,urllib.parse as u; k='SEC-test-0'; t='1795788960000'
// print(u.quote(base64.b64encode(hmac.new(k.encode(), (t+'\n'+k).encode(), hashlib.sha256).digest()), safe=''))"
TEST_CASE("channel: DingTalk: the signature is the one that others compute, percent-encoded") {
  RobotFixture fixture({.dingtalk_secret = "SEC-test-0"});
  CHECK(fixture.dingtalk("SEC-test-0")->send(page_message(), fixture.soon()).verdict == Verdict::accepted);
  CHECK(fixture.web.calls().at(0).query ==
        "access_token=tok-1234567&timestamp=1795788960000&sign=%2BbC0m50ZYjhx76Ri%2FxPYscKsnrKOj4PH3Fww1TAQL9U%3D");
}

TEST_CASE("channel: DingTalk: a refused signature, keyword or address says which check it was") {
  RobotFixture fixture({.dingtalk_secret = "SEC-right", .dingtalk_keyword = "缺失的词"});
  const Receipt sign = fixture.dingtalk("SEC-wrong")->send(page_message(), fixture.soon());
  CHECK(sign.verdict == Verdict::refused);
  CHECK(sign.code == "310000");
  CHECK(sign.note.starts_with("加签不符"));
  const Receipt unsigned_call = fixture.dingtalk()->send(page_message(), fixture.soon());
  CHECK(unsigned_call.note.starts_with("时间戳不符"));
  const Receipt keyword = fixture.dingtalk("SEC-right")->send(page_message(), fixture.soon());
  CHECK(keyword.verdict == Verdict::refused);
  CHECK(keyword.note.starts_with("关键词不符"));
  RobotFixture lying;
  lying.robots.be("dingtalk", {.mood = RobotMood::lying, .code = "310000", .words = "ip 203.0.113.7 not in whitelist"});
  const Receipt address = lying.dingtalk()->send(page_message(), lying.soon());
  CHECK(address.note.starts_with("IP 不在白名单"));
  CHECK(address.note.find("203.0.113.7") != std::string::npos);
  CHECK(lying.robots.accepted().empty());
}

TEST_CASE("channel: DingTalk: who is too fast comes later, and less often the second time") {
  RobotFixture fixture;
  const auto channel = fixture.dingtalk();
  for (int i = 0; i < 20; ++i) REQUIRE(channel->send(page_message(), fixture.soon()).verdict == Verdict::accepted);
  Message message = page_message();
  const Receipt first = channel->send(message, fixture.soon());
  CHECK(first.verdict == Verdict::later);
  CHECK(first.code == "130101");
  CHECK(first.wait == seconds{60});
  fixture.clock.advance(first.wait);
  message.attempt = 2;
  const Receipt second = channel->send(message, fixture.soon());
  CHECK(second.verdict == Verdict::later);
  CHECK(second.wait == seconds{120});
  fixture.clock.advance(seconds{600});
  CHECK(channel->send(message, fixture.soon()).verdict == Verdict::accepted);
}

TEST_CASE("channel: DingTalk: codes and what they mean") {
  RobotFixture fixture;
  const auto channel = fixture.dingtalk();
  const auto answered = [&](const std::string& code,
                            const std::string& words = "said 13812345678 to tok-abcdefghij0123456789") {
    fixture.robots.be("dingtalk", {.mood = RobotMood::lying, .calls = 1, .code = code, .words = words});
    return channel->send(page_message(), fixture.soon());
  };
  CHECK(answered("-1").verdict == Verdict::later);
  CHECK(answered("410100").verdict == Verdict::later);
  CHECK(answered("90030").wait == std::chrono::minutes{10});
  CHECK(answered("300005").verdict == Verdict::refused);
  CHECK(answered("460101").verdict == Verdict::refused);
  const Receipt other = answered("987654");
  CHECK(other.verdict == Verdict::refused);
  CHECK(other.code == "other");
  CHECK(other.note == "对方返回 987654 / refused: said *** to ***");
  CHECK(fixture.robots.accepted().empty());
}

TEST_CASE("channel: DingTalk: an address that is shut out waits as long as it is told") {
  std::string body = R"({"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"u"})";
  finwatch::test::FakeWeb web([&](const FakeCall&) { return finwatch::test::FakeAnswer{.body = body}; });
  RobotFixture fixture;
  fixture.files.write("url", web.url() + "/robot/send?access_token=t");
  const auto channel =
      RobotFixture::opened(open_dingtalk({.url_file = fixture.files.path("url"), .secret_file = {}}, fixture.world));
  const Receipt receipt = channel->send(page_message(), fixture.soon());
  CHECK(receipt.verdict == Verdict::later);
  CHECK(receipt.code == "1111");
  CHECK(receipt.wait == std::chrono::minutes{5});
  body = R"({"data":{"status":1111,"wait":7}})";
  CHECK(channel->send(page_message(), fixture.soon()).wait == std::chrono::minutes{7});
  body = R"({"errmsg":"ok"})";
  CHECK(channel->send(page_message(), fixture.soon()).code == "no_code");
}

TEST_CASE("channel: DingTalk: hostile titles and long digests stay text, and within the limit") {
  RobotFixture fixture;
  Message message = page_message();
  message.purpose = Purpose::warning;
  message.facts[0].title = {"[x](http://evil) @13900000000\n# h <font>", "\"\\\"quotes\\\""};
  message.page = "https://n.example/";
  for (int i = 0; i < 200; ++i) {
    message.facts.push_back(finwatch::test::incident(1000 + i));
    message.facts.back().title = {std::string(400, '"'), std::string(400, '\\')};
  }
  CHECK(fixture.dingtalk()->send(message, fixture.soon()).verdict == Verdict::accepted);
  const FakeCall call = fixture.web.calls().at(0);
  CHECK(call.body.size() <= 15'000);
  const std::string text = fixture.robots.accepted().at(0).text;
  CHECK(text.find("](http://evil") == std::string::npos);
  CHECK(text.find('@') == std::string::npos);
  CHECK(text.find('<') == std::string::npos);
  CHECK(text.find("另有 ") != std::string::npos);
  CHECK(fixture.robots.accepted().at(0).reference == "D17");
}
