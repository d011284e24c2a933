// Fake robots on a port, a clock wound by hand, files with addresses and keys, and a message about one incident.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "notifier/channel/channel.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/fake_robots.h"
#include "support/fake_web.h"
#include "support/time_text.h"

namespace finwatch::test {

inline constexpr WallTime kTestNow{std::chrono::seconds{1'795'788'960}};  // 2026-11-27 22:16:00 in Shanghai

inline notifier::IncidentFacts incident(std::int64_t id = 42) {
  notifier::IncidentFacts facts;
  facts.id = id;
  facts.title = {"凭证录入失败", "Voucher entry fails"};
  facts.service = {"凭证录入", "Voucher entry"};
  facts.severity = {"严重", "Severe"};
  facts.fault_class = {"重大故障", "Major fault"};
  facts.where = "erp";
  facts.began = kTestNow - std::chrono::minutes{1};
  facts.deadline = kTestNow + std::chrono::minutes{29};
  facts.deadline_clock = "answer";
  facts.firing = 3;
  return facts;
}

inline notifier::Recipient person(const std::string& id, const std::string& zh, const std::string& en) {
  notifier::Recipient made;
  made.id = id;
  made.name = {zh, en};
  return made;
}

inline notifier::Message page_message() {
  notifier::Message message;
  message.reference = "D17";
  message.facts = {incident()};
  message.organisation = {"财务共享中心", "Finance SSC"};
  message.zone = zone("Asia/Shanghai");
  message.languages = {"zh", "en"};
  message.now = kTestNow;
  return message;
}

struct RobotFixture {
  explicit RobotFixture(FakeRobotsSetup with = {}) : robots(on(clock, std::move(with))) {
    env.clock = &clock;
    world.env = &env;
  }

  notifier::RobotSetup setup(const std::string& path, const std::string& secret = {}) {
    files.write("url", web.url() + path + "\n");
    if (!secret.empty()) files.write("secret", " " + secret + "\r\n");
    notifier::RobotSetup made;
    made.url_file = files.path("url");
    if (!secret.empty()) made.secret_file = files.path("secret");
    return made;
  }
  std::unique_ptr<notifier::Channel> dingtalk(const std::string& secret = {}) {
    return opened(notifier::open_dingtalk(setup("/robot/send?access_token=tok-1234567", secret), world));
  }
  std::unique_ptr<notifier::Channel> wecom() {
    return opened(notifier::open_wecom(setup("/cgi-bin/webhook/send?key=k"), world));
  }
  std::unique_ptr<notifier::Channel> feishu(const std::string& secret = {}) {
    return opened(notifier::open_feishu(setup("/open-apis/bot/v2/hook/h", secret), world));
  }

  static std::unique_ptr<notifier::Channel> opened(Result<std::unique_ptr<notifier::Channel>> channel) {
    if (!channel) FAIL(channel.error().message);
    return *std::move(channel);
  }
  SteadyTime soon() const { return clock.steady() + std::chrono::seconds{10}; }

  ManualClock clock{kTestNow};
  Env env;
  notifier::ChannelWorld world;
  TemporaryTree files;
  FakeRobots robots;
  FakeWeb web{[this](const FakeCall& call) { return robots.answer(call).value_or(FakeAnswer{.code = 404}); }};

 private:
  static FakeRobotsSetup on(const Clock& clock, FakeRobotsSetup with) {
    with.clock = &clock;
    return with;
  }
};

}  // namespace finwatch::test
