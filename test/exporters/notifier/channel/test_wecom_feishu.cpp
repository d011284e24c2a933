#include "channel_fixture.h"

using namespace finwatch;
using namespace finwatch::notifier;
using finwatch::test::page_message;
using finwatch::test::person;
using finwatch::test::RobotFixture;
using finwatch::test::RobotMood;
using std::chrono::seconds;

namespace {

Message hostile() {
  Message message = page_message();
  message.facts[0].title = {"[x](http://evil) <@zhang> <at id=all></at>\n**b**", std::string(500, '"')};
  message.facts[0].where = "</font><font color=\"info\">|@all";
  message.facts[0].note = {"`a` # b\n\n---", "\xFF\x1B[0m"};
  message.to = {person("zhang.wei", "<at id=all></at>", "@all")};
  message.to[0].wecom = "all";
  message.to[0].feishu = "x></at><at id=all>";
  message.to[0].phone = "1@all";
  return message;
}

}  // namespace

TEST_CASE("channel: WeCom: the whole body of a page, and a call by telephone behind it") {
  RobotFixture fixture;
  Message message = page_message();
  message.languages = {"zh"};
  message.to = {person("zhang.wei", "张伟", "Zhang Wei"), person("li.na", "李娜", "Li Na")};
  message.to[0].phone = "+8613800000001";
  message.to[1].wecom = "lina";
  message.to[1].phone = "13800000002";
  message.page = "https://n.example/";
  const Receipt receipt = fixture.wecom()->send(message, fixture.soon());
  CHECK(receipt.verdict == Verdict::accepted);
  CHECK(receipt.note == "已收 / taken");
  REQUIRE(fixture.web.calls().size() == 2);
  CHECK(fixture.web.calls()[0].query == "key=k");
  CHECK(fixture.web.calls()[0].body ==
        R"({"msgtype":"markdown","markdown":{"content":"### <font color=\"warning\">【严重】INC-42 凭证录入失败</font>\u000a)"
        R"(> 凭证录入 · 重大故障 · erp\u000a> 自 11-27 22:15 起 · 3 条告警触发\u000a> 须于 22:45 前响应（还有 29 分钟）\u000a)"
        R"([全部事件](https://n.example/)\u000a通知: 张伟 <@lina>\u000a)"
        R"(<font color=\"comment\">财务共享中心 · D17 · INC-42</font>"}})");
  CHECK(fixture.web.calls()[1].body ==
        R"({"msgtype":"text","text":{"content":"【严重】INC-42 凭证录入失败\u000a财务共享中心 · D17 · INC-42",)"
        R"("mentioned_mobile_list":["13800000001"]}})");
  CHECK(fixture.robots.accepted().at(0).reference == "D17");
  CHECK(fixture.robots.accepted().at(1).reference == "D17");
}

TEST_CASE("channel: WeCom: who can be called by id needs no second message") {
  RobotFixture fixture;
  Message message = page_message();
  message.to = {person("li.na", "李娜", "Li Na")};
  message.to[0].wecom = "lina";
  CHECK(fixture.wecom()->send(message, fixture.soon()).verdict == Verdict::accepted);
  CHECK(fixture.web.calls().size() == 1);
}

TEST_CASE("channel: WeCom: what was taken stays taken when the call behind it fails") {
  RobotFixture fixture({.per_minute = 1});
  Message message = page_message();
  message.to = {person("zhang.wei", "张伟", "Zhang Wei")};
  message.to[0].phone = "13800000001";
  const auto channel = fixture.wecom();
  const Receipt receipt = channel->send(message, fixture.soon());
  CHECK(receipt.verdict == Verdict::accepted);
  CHECK(receipt.code == "0");
  CHECK(receipt.note == "已收，但未能 @ 到人：45009 / taken, but nobody was called by name: 45009");
  CHECK(fixture.robots.accepted().size() == 1);
  const Receipt second = channel->send(message, fixture.soon());
  CHECK(second.verdict == Verdict::later);
  CHECK(second.code == "45009");
  CHECK(second.wait == seconds{60});
}

TEST_CASE("channel: WeCom: codes and what they mean") {
  RobotFixture fixture;
  const auto answered = [&](const std::string& code) {
    fixture.robots.be("wecom", {.mood = RobotMood::lying, .calls = 1, .code = code});
    return fixture.wecom()->send(page_message(), fixture.soon());
  };
  CHECK(answered("-1").verdict == Verdict::later);
  CHECK(answered("45033").verdict == Verdict::later);
  CHECK(answered("93000").verdict == Verdict::refused);
  CHECK(answered("40008").verdict == Verdict::refused);
  CHECK(answered("40058").code == "40058");
  CHECK(answered("12345").code == "other");
}

TEST_CASE("channel: WeCom: hostile words stay words, and a digest within 4096 bytes") {
  RobotFixture fixture;
  Message message = hostile();
  CHECK(fixture.wecom()->send(message, fixture.soon()).verdict == Verdict::accepted);
  const std::string text = fixture.robots.accepted().at(0).text;
  CHECK(text.find("<@") == std::string::npos);
  CHECK(text.find("](") == std::string::npos);
  CHECK(text.find("<font color=\"info\">") == std::string::npos);
  CHECK(text.find("**") == std::string::npos);
  CHECK(fixture.web.calls().size() == 1);
  for (int i = 0; i < 100; ++i) message.facts.push_back(finwatch::test::incident(100 + i));
  CHECK(fixture.wecom()->send(message, fixture.soon()).verdict == Verdict::accepted);
  CHECK(fixture.robots.accepted().at(1).text.size() <= 4096);
  CHECK(fixture.robots.accepted().at(1).text.find("D17 · INC-42 INC-100") != std::string::npos);
}

TEST_CASE("channel: WeCom: one incident at its longest is within 4096 bytes too, and keeps its foot") {
  RobotFixture fixture;
  Message message = page_message();
  std::string longest;
  for (int i = 0; i < 400; ++i) longest += "灾";
  IncidentFacts& facts = message.facts[0];
  facts.title = facts.service = facts.severity = facts.fault_class = facts.note = {longest, longest + "!"};
  facts.where = longest;
  facts.acknowledged_by = longest;
  facts.runbook = "https://r.example/" + std::string(900, 'r');
  message.page = "https://n.example/" + std::string(900, 'p');
  message.organisation = {longest, longest + "!"};
  for (int i = 0; i < 30; ++i) {
    message.to.push_back(person("p" + std::to_string(i), longest, longest));
    message.to.back().link = "https://n.example/t/" + std::string(900, 't');
  }
  CHECK(fixture.wecom()->send(message, fixture.soon()).verdict == Verdict::accepted);
  CHECK(fixture.feishu()->send(message, fixture.soon()).verdict == Verdict::accepted);
  CHECK(fixture.dingtalk()->send(message, fixture.soon()).verdict == Verdict::accepted);
  for (const auto& taken : fixture.robots.accepted()) CHECK(taken.reference == "D17");
}

// python3 -c "import hmac,hashlib,base64; print(base64.b64encode(hmac.new(b'1795788960\nfs-secret', b'', hashlib.sha256).digest()))"
TEST_CASE("channel: Feishu: the whole body of a page, signed as others sign it") {
  RobotFixture fixture({.feishu_secret = "fs-secret"});
  Message message = page_message();
  message.languages = {"zh"};
  message.to = {person("zhang.wei", "张伟", "Zhang Wei"), person("li.na", "李娜", "Li Na")};
  message.to[0].feishu = "ou_18eac85d35a26f";
  message.to[0].link = "https://n.example/t/a";
  message.page = "https://n.example/";
  const Receipt receipt = fixture.feishu("fs-secret")->send(message, fixture.soon());
  CHECK(receipt.verdict == Verdict::accepted);
  CHECK(
      fixture.web.calls().at(0).body ==
      R"({"timestamp":"1795788960","sign":"AYJ8agc/cfZLj7b8XHejiJR5nZ3Yp0/h/eUfiMlNF3k=","msg_type":"interactive",)"
      R"("card":{"config":{"wide_screen_mode":true},)"
      R"("header":{"title":{"tag":"plain_text","content":"【严重】INC-42 凭证录入失败"},"template":"red"},"elements":[)"
      R"({"tag":"div","text":{"tag":"plain_text","content":"凭证录入 · 重大故障 · erp\u000a自 11-27 22:15 起 · 3 条告警触发\u000a)"
      R"(须于 22:45 前响应（还有 29 分钟）"}},)"
      R"({"tag":"div","text":{"tag":"lark_md","content":"通知: <at id=ou_18eac85d35a26f></at> 李娜"}},)"
      R"({"tag":"action","actions":[)"
      R"({"tag":"button","text":{"tag":"plain_text","content":"认领 · 张伟"},"type":"primary","url":"https://n.example/t/a"},)"
      R"({"tag":"button","text":{"tag":"plain_text","content":"全部事件"},"type":"default","url":"https://n.example/"}]},)"
      R"({"tag":"note","elements":[{"tag":"plain_text","content":"财务共享中心 · D17 · INC-42"}]}]}})");
  CHECK(fixture.robots.accepted().at(0).reference == "D17");
}

TEST_CASE("channel: Feishu: what its checks refuse, and what comes later") {
  RobotFixture fixture({.feishu_secret = "fs-secret", .feishu_keyword = "INC-"});
  CHECK(fixture.feishu("wrong")->send(page_message(), fixture.soon()).code == "19021");
  CHECK(fixture.feishu()->send(page_message(), fixture.soon()).verdict == Verdict::refused);
  Message silent = page_message();
  silent.facts.clear();
  silent.purpose = Purpose::heartbeat;
  const auto channel = fixture.feishu("fs-secret");
  CHECK(channel->send(silent, fixture.soon()).code == "19024");
  for (int i = 0; i < 5; ++i) CHECK(channel->send(page_message(), fixture.soon()).verdict == Verdict::accepted);
  const Receipt fast = channel->send(page_message(), fixture.soon());
  CHECK(fast.verdict == Verdict::later);
  CHECK(fast.code == "11232");
  CHECK(fast.wait == seconds{30});
  fixture.clock.advance(seconds{1});
  const auto answered = [&](const std::string& code, const std::string& words) {
    fixture.robots.be("feishu", {.mood = RobotMood::lying, .calls = 1, .code = code, .words = words});
    return channel->send(page_message(), fixture.soon());
  };
  CHECK(answered("9499", "Bad Request").verdict == Verdict::refused);
  CHECK(answered("9499", "too many request").verdict == Verdict::later);
  CHECK(answered("19022", "Ip Not Allowed").note.starts_with("IP 不在白名单"));
  CHECK(answered("19001", "param invalid").verdict == Verdict::refused);
}

TEST_CASE("channel: Feishu: a clock that is an hour off is refused as a signature") {
  RobotFixture fixture({.feishu_secret = "fs-secret", .clock = nullptr});
  ManualClock late{finwatch::test::kTestNow + std::chrono::minutes{61}};
  Env env;
  env.clock = &late;
  fixture.world.env = &env;
  const auto channel = fixture.feishu("fs-secret");
  CHECK(channel->send(page_message(), late.steady() + seconds{10}).code == "19021");
}

TEST_CASE("channel: Feishu: hostile words stay words") {
  RobotFixture fixture;
  CHECK(fixture.feishu()->send(hostile(), fixture.soon()).verdict == Verdict::accepted);
  const std::string text = fixture.robots.accepted().at(0).text;
  CHECK(text.find("<at") == std::string::npos);
  CHECK(text.find("http://evil") == std::string::npos);
  CHECK(text.find("](") == std::string::npos);
}
