#include <thread>

#include "channel_fixture.h"
#include "core/files.h"
#include "notifier/channel/console.h"

using namespace finwatch;
using namespace finwatch::notifier;
using finwatch::test::FakeAnswer;
using finwatch::test::FakeCall;
using finwatch::test::FakeWeb;
using finwatch::test::page_message;
using finwatch::test::person;
using finwatch::test::RobotFixture;
using finwatch::test::TemporaryTree;

namespace {

struct GatewayFixture : RobotFixture {
  explicit GatewayFixture(const std::string& path = "/sms") {
    files.write("gateway", gateway.url() + path);
    call.url_file = files.path("gateway");
    call.body = R"({"to":"{phone}","text":"{id} {title}","n":{}})";
  }
  Receipt send(const Message& message, const std::vector<std::string>& variables = {}) {
    return opened(open_http(call, variables, world))->send(message, soon());
  }
  std::string refused() const {
    const auto channel = open_http(call, {}, world);
    return channel ? std::string() : channel.error().message;
  }

  FakeAnswer answer{.body = R"({"code":200,"data":{"list":[{"a/b":"yes"}]}})"};
  FakeWeb gateway{[this](const FakeCall&) { return answer; }};
  HttpCallSetup call;
};

Message to_zhang() {
  Message message = page_message();
  message.to = {person("zhang.wei", "张伟", "Zhang Wei")};
  message.to[0].phone = "13800000001";
  message.to[0].code = "402913";
  message.to[0].link = "https://n.example/t/a";
  return message;
}

}  // namespace

TEST_CASE("channel: gateway: a body of JSON, with values escaped") {
  GatewayFixture fixture;
  Message message = to_zhang();
  message.facts[0].title.zh = "a\"b\\c\n{phone}";
  CHECK(fixture.send(message).verdict == Verdict::accepted);
  const FakeCall call = fixture.gateway.calls().at(0);
  CHECK(call.method == "POST");
  CHECK(call.headers.at("content-type") == "application/json");
  CHECK(call.body == R"({"to":"13800000001","text":"INC-42 a\"b\\c {phone}","n":{}})");
}

TEST_CASE("channel: gateway: every value that there is") {
  GatewayFixture fixture;
  fixture.call.content_type = "text/plain";
  fixture.call.body =
      "{id}|{title}|{title_en}|{service}|{severity}|{class}|{time}|{code}|{phone}|{link}|{name}|{reference}|{purpose}";
  Message message = to_zhang();
  message.to.push_back(person("li.na", "李娜", "Li Na"));
  message.to[1].phone = "13800000002";
  CHECK(fixture.send(message).verdict == Verdict::accepted);
  CHECK(fixture.gateway.calls().at(0).body ==
        "INC-42|凭证录入失败|Voucher entry fails|凭证录入|严重|重大故障|22:15|402913|13800000001,13800000002|"
        "https://n.example/t/a|张伟,李娜|D17|page");
}

TEST_CASE("channel: gateway: forms, addresses and XML have their own way of writing a value") {
  GatewayFixture fixture("/sms?to={phone}&text={text}");
  fixture.call.method = "GET";
  fixture.call.body.clear();
  Message message = to_zhang();
  message.languages = {"en"};
  message.organisation.en = "A&B";
  message.facts = {};
  CHECK(fixture.send(message).verdict == Verdict::accepted);
  const FakeCall get = fixture.gateway.calls().at(0);
  CHECK(get.method == "GET");
  CHECK(get.body.empty());
  CHECK(get.query == "to=13800000001&text=%E3%80%90alert%E3%80%91incident%0AA%26B%20%C2%B7%20D17");
  fixture.call.method = "POST";
  fixture.call.content_type = "application/x-www-form-urlencoded";
  fixture.call.body = "name={name}&t={time}";
  message = to_zhang();
  CHECK(fixture.send(message).verdict == Verdict::accepted);
  CHECK(fixture.gateway.calls().at(1).body == "name=%E5%BC%A0%E4%BC%9F&t=22%3A15");
  fixture.call.content_type = "text/xml";
  fixture.call.body = "<t>{title}</t>";
  message.facts[0].title.zh = "<&\">";
  CHECK(fixture.send(message).verdict == Verdict::accepted);
  CHECK(fixture.gateway.calls().at(2).body == "<t>&lt;&amp;&quot;&gt;</t>");
}

TEST_CASE("channel: gateway: of a telephone, values keep the providers' rules") {
  GatewayFixture fixture;
  fixture.call.body = R"({"v":"{service} {title}"})";
  Message message = to_zhang();
  message.facts[0].service.zh = "https://erp.example.com/【凭证】";
  message.facts[0].title.zh = std::string(200, 'x');
  CHECK(fixture.send(message, {"id", "service"}).verdict == Verdict::accepted);
  CHECK(fixture.gateway.calls().at(0).body == R"({"v":"erp-example-com/ 凭证 )" + std::string(34, 'x') + R"(…"})");
}

TEST_CASE("channel: gateway: its answer decides when the setup says where to look") {
  GatewayFixture fixture;
  fixture.call.success_pointer = "/code";
  fixture.call.success_equals = "200";
  CHECK(fixture.send(to_zhang()).verdict == Verdict::accepted);
  fixture.call.success_pointer = "/data/list/0/a~1b";
  fixture.call.success_equals = "yes";
  CHECK(fixture.send(to_zhang()).verdict == Verdict::accepted);
  fixture.call.success_equals = "no";
  const Receipt other = fixture.send(to_zhang());
  CHECK(other.verdict == Verdict::refused);
  CHECK(other.code == "other");
  CHECK(other.note.find("= yes") != std::string::npos);
  fixture.call.success_pointer = "/data/list/7";
  CHECK(fixture.send(to_zhang()).code == "no_code");
  fixture.call.success_pointer = "/data";
  CHECK(fixture.send(to_zhang()).verdict == Verdict::unknown);
  fixture.answer.body = "OK";
  CHECK(fixture.send(to_zhang()).code == "not_json");
  fixture.answer = {.code = 500, .body = R"({"code":200})"};
  fixture.call.success_pointer = "/code";
  CHECK(fixture.send(to_zhang()).verdict == Verdict::unknown);
  fixture.call.success_pointer.clear();
  fixture.answer = {.code = 204, .body = ""};
  CHECK(fixture.send(to_zhang()).verdict == Verdict::accepted);
  fixture.answer = {.code = 401, .body = "OK"};
  CHECK(fixture.send(to_zhang()).verdict == Verdict::refused);
}

TEST_CASE("channel: gateway: what is wrong in its setup is said with the next step") {
  GatewayFixture fixture;
  fixture.call.body = R"({"to":"{phnoe}"})";
  CHECK(fixture.refused() ==
        "body: {phnoe} is not known; did you mean 'phone'?; there are class, code, id, link, name, phone, purpose, reference, "
        "service, severity, text, time, title, title_en");
  fixture.call.body = "{} {A} { phone } {phone";
  CHECK(fixture.refused().empty());
  fixture.call.method = "FETCH";
  CHECK(fixture.refused() == "method: expected GET, POST or PUT, found 'FETCH'");
  fixture.call.method = "PUT";
  fixture.call.success_pointer = "code";
  CHECK(fixture.refused() == "success_pointer: expected a JSON pointer such as /code, found 'code'");
  fixture.call.success_pointer.clear();
  fixture.call.content_type = "text/plain\r\nX-Evil: 1";
  CHECK(fixture.refused() == "content_type: expected one line");
  fixture.call.content_type = "text/plain";
  fixture.files.write("gateway", "http://gateway.example.com/x");
  CHECK(fixture.refused().find("private addresses") != std::string::npos);
}

TEST_CASE("channel: console: one line in both languages") {
  Message message = to_zhang();
  message.languages = {"en"};
  message.facts[0].title.en = "a\nb\x1B[31m";
  CHECK(console_line(message) ==
        "11-27 22:16 page by console 【严重 / Severe】INC-42 凭证录入失败 / a b [31m | "
        "凭证录入 / Voucher entry · 重大故障 / Major fault · erp | "
        "自 11-27 22:15 起 · 3 条告警触发 / since 11-27 22:15 · 3 alerts fire | "
        "须于 22:45 前响应（还有 29 分钟） / answer before 22:45 (in 29 min) | 通知 / for: 张伟 | "
        "认领 / Acknowledge · 张伟: https://n.example/t/a | 财务共享中心 / Finance SSC · D17 · INC-42\n");
  ChannelWorld world;
  CHECK(RobotFixture::opened(open_console(world))->send(message, {}).verdict == Verdict::accepted);
}

TEST_CASE("channel: command: its exit status decides, and it gets the text") {
  RobotFixture fixture;
  const auto run = [&](const std::string& script) {
    fixture.world.command = {"/bin/sh", "-c", script, "sh", fixture.files.path("out")};
    fixture.world.env = nullptr;
    return RobotFixture::opened(open_command(fixture.world))
        ->send(to_zhang(), std::chrono::steady_clock::now() + std::chrono::seconds{20});
  };
  CHECK(run("cat > \"$1\"").verdict == Verdict::accepted);
  const Result<std::string> out = read_file(fixture.files.path("out"));
  REQUIRE(out);
  CHECK(out->ends_with("财务共享中心 / Finance SSC · D17 · INC-42"));
  CHECK(run("exit 75").verdict == Verdict::later);
  const Receipt other = run("exit 3");
  CHECK(other.verdict == Verdict::refused);
  CHECK(other.note == "命令退出码 3 / the command ended with 3");
  CHECK(run("kill -9 $$").verdict == Verdict::unknown);
  fixture.world.command = {fixture.files.path("nothing")};
  const Receipt missing = RobotFixture::opened(open_command(fixture.world))
                              ->send(to_zhang(), std::chrono::steady_clock::now() + std::chrono::seconds{20});
  CHECK(missing.verdict == Verdict::refused);
  CHECK(missing.code == "start");
}

TEST_CASE("channel: command: at the deadline it is ended with all that it started") {
  RobotFixture fixture;
  fixture.world.env = nullptr;
  fixture.world.command = {"/bin/sh", "-c", "sleep 300 & echo $! > \"$1\"; wait", "sh", fixture.files.path("child")};
  const Receipt receipt = RobotFixture::opened(open_command(fixture.world))
                              ->send(to_zhang(), std::chrono::steady_clock::now() + std::chrono::milliseconds{500});
  CHECK(receipt.verdict == Verdict::unknown);
  CHECK(receipt.code == "timeout");
  const std::string child = read_attribute(fixture.files.path("child"));
  REQUIRE_FALSE(child.empty());
  // Killed, it may take a moment to go, and whoever adopts it may not have fetched its status yet.
  const auto lives = [&] {
    const std::string state = read_attribute("/proc/" + child + "/stat");
    return !state.empty() && state.find(") Z ") == std::string::npos && state.find(") X ") == std::string::npos;
  };
  for (int i = 0; i < 500 && lives(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds{10});
  CHECK_FALSE(lives());
}

TEST_CASE("channel: command: a program is needed, with its path") {
  ChannelWorld world;
  CHECK(open_command(world).error().code == Errc::config);
  world.command = {"mail"};
  CHECK(open_command(world).error().message.find("/usr/local/bin/mail") != std::string::npos);
}
