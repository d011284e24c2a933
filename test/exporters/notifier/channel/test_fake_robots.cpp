#include "channel_fixture.h"
#include "core/json.h"
#include "http/http.h"
#include "support/fake_robots.h"

using namespace finwatch;
using namespace finwatch::test;

namespace {

std::string post(const FakeWeb& web, const std::string& path, const std::string& body) {
  const Result<HttpReply> reply = http({.url = web.url() + path, .form = {}, .body = body});
  return reply ? reply->body : reply.error().message;
}

}  // namespace

TEST_CASE("channel: fake robots: each refuses what its vendor refuses") {
  RobotFixture fixture;
  const auto says = [&](const std::string& path, const std::string& body) { return post(fixture.web, path, body); };
  CHECK(says("/robot/send", R"({"msgtype":"text","text":{"content":"x"}})").find("40035") != std::string::npos);
  CHECK(says("/robot/send?access_token=t", "no json").find("43004") != std::string::npos);
  CHECK(says("/robot/send?access_token=t", R"({"msgtype":"video"})").find("400105") != std::string::npos);
  const std::string long_text =
      R"({"msgtype":"markdown","markdown":{"title":"t","text":")" + std::string(20'000, 'x') + R"("}})";
  CHECK(says("/robot/send?access_token=t", long_text).find("460101") != std::string::npos);
  CHECK(says("/cgi-bin/webhook/send", "{}").find("93000") != std::string::npos);
  CHECK(says("/cgi-bin/webhook/send?key=k", R"({"msgtype":"video"})").find("40008") != std::string::npos);
  const std::string long_content = R"({"msgtype":"markdown","markdown":{"content":")" + std::string(4097, 'x') + R"("}})";
  CHECK(says("/cgi-bin/webhook/send?key=k", long_content).find("40058") != std::string::npos);
  CHECK(says("/open-apis/bot/v2/hook/h", R"({"msg_type":"interactive"})").find("9499") != std::string::npos);
  CHECK(says("/elsewhere", "{}").empty());
  CHECK(fixture.robots.accepted().empty());
}

TEST_CASE("channel: fake robots: moods last as many calls as they were ordered for") {
  RobotFixture fixture;
  const auto channel = fixture.dingtalk();
  const auto verdict = [&] { return channel->send(page_message(), fixture.soon()).verdict; };
  CHECK(fixture.robots.be("dingtalk", {.mood = RobotMood::lying, .calls = 2}));
  CHECK(verdict() == notifier::Verdict::later);
  CHECK(verdict() == notifier::Verdict::later);
  CHECK(verdict() == notifier::Verdict::accepted);
  CHECK_FALSE(fixture.robots.be("pigeon", {}));
  CHECK(robot_mood("5xx") == RobotMood::broken);
  CHECK_FALSE(robot_mood("angry"));
}

TEST_CASE("channel: fake robots: what was accepted is a line of JSON with its reference") {
  AcceptedMessage seen;
  RobotFixture fixture({.on_accepted = [&](const AcceptedMessage& message) { seen = message; }});
  notifier::Message message = page_message();
  message.reference = "D1234";
  message.to = {person("zhang.wei", "张伟", "Zhang Wei")};
  message.to[0].phone = "13800000001";
  message.facts[0].title.zh = "D99 与 ID7";
  REQUIRE(fixture.dingtalk()->send(message, fixture.soon()).verdict == notifier::Verdict::accepted);
  const Result<Json> line = Json::parse(to_json(seen));
  REQUIRE(line);
  CHECK(line->root().find("provider")->text() == "dingtalk");
  CHECK(line->root().find("reference")->text() == "D1234");
  CHECK(line->root().find("mobiles")->at(0)->text() == "13800000001");
  CHECK(line->root().find("time")->text() == "1795788960.000");
  CHECK(line->root().find("text")->text().find("INC-42") != std::string::npos);
}
