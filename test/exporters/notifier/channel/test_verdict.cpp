#include "channel_fixture.h"
#include "notifier/channel/setup_files.h"
#include "notifier/channel/verdict.h"

using namespace finwatch;
using namespace finwatch::notifier;
using finwatch::test::FakeAnswer;
using finwatch::test::FakeCall;
using finwatch::test::FakeWeb;
using finwatch::test::page_message;
using finwatch::test::RobotFixture;
using finwatch::test::RobotMood;

namespace {

/// What `answer` means when a robot sends it.
Receipt answered(FakeAnswer answer) {
  FakeWeb web([&](const FakeCall&) { return answer; });
  RobotFixture fixture;
  fixture.files.write("url", web.url() + "/x?access_token=t");
  const auto channel =
      RobotFixture::opened(open_dingtalk({.url_file = fixture.files.path("url"), .secret_file = {}}, fixture.world));
  return channel->send(page_message(), fixture.soon());
}

}  // namespace

TEST_CASE("channel: no answer is accepted but one with the provider's code") {
  const Receipt portal = answered({.code = 200, .body = "<html>login</html>", .content_type = "text/html"});
  CHECK(portal.verdict == Verdict::unknown);
  CHECK(portal.code == "not_json");
  CHECK(answered({.code = 200, .body = ""}).code == "not_json");
  CHECK(answered({.code = 200, .body = "[0]"}).code == "not_json");
  CHECK(answered({.code = 200, .body = "{}"}).code == "no_code");
  CHECK(answered({.code = 200, .body = R"({"errcode":{"a":0}})"}).verdict == Verdict::unknown);
  CHECK(answered({.code = 200, .body = R"({"errcode":null})"}).verdict == Verdict::unknown);
  CHECK(answered({.code = 200, .body = R"({"errcode":0,"errmsg":"ok"})"}).verdict == Verdict::accepted);
  CHECK(answered({.code = 200, .body = R"({"errcode":"0","errmsg":"ok"})"}).verdict == Verdict::accepted);
  CHECK(answered({.code = 403, .body = R"({"errcode":300005,"errmsg":"no"})"}).code == "300005");
}

TEST_CASE("channel: a status alone says no, not now, or nothing for certain") {
  const auto verdict = [](int code) { return answered({.code = code, .body = "<html/>"}); };
  CHECK(verdict(503).verdict == Verdict::later);
  CHECK(verdict(503).code == "http_503");
  CHECK(verdict(429).verdict == Verdict::later);
  CHECK(verdict(429).wait == std::chrono::minutes{1});
  CHECK(verdict(500).verdict == Verdict::unknown);
  CHECK(verdict(502).verdict == Verdict::unknown);
  CHECK(verdict(504).code == "http_504");
  CHECK(verdict(404).verdict == Verdict::refused);
  CHECK(verdict(302).verdict == Verdict::refused);
  CHECK(answered({.code = 502, .body = "{}"}).verdict == Verdict::unknown);
}

TEST_CASE("channel: what never left is told from what may have been taken") {
  RobotFixture fixture;
  const auto channel = fixture.dingtalk();
  for (const RobotMood mood : {RobotMood::half, RobotMood::none}) {
    fixture.robots.be("dingtalk", {.mood = mood});
    const Receipt receipt = channel->send(page_message(), fixture.soon());
    CHECK(receipt.verdict == Verdict::unknown);
    CHECK(receipt.code == "cut");
  }
  CHECK(fixture.robots.accepted().size() == 2);
  fixture.robots.be("dingtalk", {.mood = RobotMood::broken});
  CHECK(channel->send(page_message(), fixture.soon()).code == "http_502");
  fixture.robots.be("dingtalk", {.mood = RobotMood::slow, .late = std::chrono::milliseconds{1500}});
  const Receipt late = channel->send(page_message(), fixture.clock.steady() + std::chrono::milliseconds{300});
  CHECK(late.verdict == Verdict::unknown);
  CHECK(late.code == "timeout");
  const Receipt none = channel->send(page_message(), fixture.clock.steady());
  CHECK(none.verdict == Verdict::later);
  CHECK(none.code == "deadline");
  std::string gone;
  {
    gone = FakeWeb([](const FakeCall&) { return FakeAnswer{}; }).url();
  }
  fixture.files.write("url", gone + "/robot/send?access_token=t");
  const auto nobody =
      RobotFixture::opened(open_dingtalk({.url_file = fixture.files.path("url"), .secret_file = {}}, fixture.world));
  const Receipt receipt = nobody->send(page_message(), fixture.soon());
  CHECK(receipt.verdict == Verdict::later);
  CHECK(receipt.code == "connect");
}

TEST_CASE("channel: a failed call by its cause") {
  CHECK(receipt_of_failure({Errc::permission, "x"}, false).verdict == Verdict::refused);
  CHECK(receipt_of_failure({Errc::permission, "x"}, false).code == "certificate");
  CHECK(receipt_of_failure({Errc::config, "x"}, false).code == "address");
  CHECK(receipt_of_failure({Errc::timeout, "x"}, false).verdict == Verdict::later);
  CHECK(receipt_of_failure({Errc::timeout, "x"}, true).verdict == Verdict::unknown);
  CHECK(receipt_of_failure({Errc::malformed, "x"}, true).code == "cut");
}

TEST_CASE("channel: a provider's words lose numbers, keys and length") {
  CHECK(said_by_provider("mobile 13800000001 or +86-138-0000-0001\nrefused") == "mobile *** or +*** refused");
  CHECK(said_by_provider("token SECabcdefghijklmnopqrstu from 203.0.113.7") == "token *** from 203.0.113.7");
  CHECK(said_by_provider("too fast, exceed 20 times") == "too fast, exceed 20 times");
  CHECK(said_by_provider(std::string(999, 'a') + "é") == "***é");
  std::string words;
  for (int i = 0; i < 200; ++i) words += "太快 ";
  CHECK(said_by_provider(words).size() <= 160 * 3);
  CHECK(note_of("限流", "throttled") == "限流 / throttled");
  CHECK(note_of("限流", "throttled", "slow") == "限流 / throttled: slow");
}

TEST_CASE("channel: files with addresses and keys") {
  RobotFixture fixture;
  const auto error = [&](const std::string& text) {
    fixture.files.write("url", text);
    const auto channel = open_dingtalk({.url_file = fixture.files.path("url"), .secret_file = {}}, fixture.world);
    return channel ? std::string() : channel.error().message;
  };
  CHECK(error("https://oapi.dingtalk.com/robot/send?access_token=t\n").empty());
  CHECK(error("http://[::1]:80/x").empty());
  CHECK(error("http://localhost/x").empty());
  const std::string path = fixture.files.path("url");
  CHECK(error(" \n") == "channels.dingtalk.url_file: " + path + " is empty; write the key or the address into it, on one line");
  CHECK(error("https://a\nhttps://b") == "channels.dingtalk.url_file: " + path + " has several lines; expected one");
  CHECK(error("oapi.dingtalk.com/secret") ==
        "channels.dingtalk.url_file: " + path + ": expected an address that begins with https://");
  CHECK(error("http://oapi.dingtalk.com/robot").find("write https://") != std::string::npos);
  CHECK(error("http://127.0.0.1@evil.example/x").find("write https://") != std::string::npos);
  CHECK(error("http://127.0.0.1.evil.example/x").find("write https://") != std::string::npos);
  CHECK(error("http://10.0.0.1/x").find("write https://") != std::string::npos);
  CHECK(error("https:///x").find("a host") != std::string::npos);
  CHECK(error("https://a b").find("blanks") != std::string::npos);
  for (const std::string& said : {error("http://oapi.dingtalk.com/robot?access_token=hidden")})
    CHECK(said.find("hidden") == std::string::npos);
  CHECK(check_url("k", "http://10.1.2.3/x", Wire::house));
  CHECK(check_url("k", "http://172.31.0.1/x", Wire::house));
  CHECK_FALSE(check_url("k", "http://172.32.0.1/x", Wire::house));
  CHECK_FALSE(check_url("k", "http://gateway.internal/x", Wire::house));
  const auto missing = open_feishu({.url_file = fixture.files.path("none"), .secret_file = {}}, fixture.world);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::config);
  CHECK(missing.error().message.find("channels.feishu.url_file") != std::string::npos);
  CHECK(open_wecom({.url_file = {}, .secret_file = {}}, fixture.world).error().message ==
        "channels.wecom.url_file: name the file that holds it");
  fixture.files.write("url", "https://oapi.dingtalk.com/robot/send?access_token=t");
  fixture.files.write("secret", "");
  CHECK(open_dingtalk({.url_file = path, .secret_file = fixture.files.path("secret")}, fixture.world)
            .error()
            .message.find("secret_file") != std::string::npos);
}
