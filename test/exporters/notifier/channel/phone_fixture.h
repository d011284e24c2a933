// Fake services of telephones on a port, a clock wound by hand, files with keys, and a message for one person.
#pragma once

#include <utility>

#include "notifier/channel/channel.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/fake_phones.h"
#include "support/fake_web.h"
#include "support/time_text.h"

namespace finwatch::test {

struct PhoneFixture {
  explicit PhoneFixture(FakePhonesSetup with = {}) : phones(on(clock, std::move(with))) {
    env.clock = &clock;
    world.env = &env;
    world.aliyun_sms = world.aliyun_voice = world.tencent_sms = world.tencent_voice = web.url();
    files.write("aliyun.id", "LTAI-test\n");
    files.write("aliyun.secret", "  aliyun-secret\n");
    files.write("tencent.id", "AKID-test");
    files.write("tencent.secret", "tencent-secret\n");
  }

  notifier::PhoneSetup setup(notifier::Provider provider) const {
    const bool aliyun = provider == notifier::Provider::aliyun;
    notifier::PhoneSetup made;
    made.provider = provider;
    made.region = aliyun ? "cn-hangzhou" : "ap-guangzhou";
    made.key_id_file = files.path(aliyun ? "aliyun.id" : "tencent.id");
    made.key_secret_file = files.path(aliyun ? "aliyun.secret" : "tencent.secret");
    made.app = "1400006666";
    made.sign_name = "集团财务部";
    made.template_code = aliyun ? "SMS_000000000" : "1110";
    made.variables = {"id", "service", "severity", "time", "code"};
    return made;
  }

  static std::unique_ptr<notifier::Channel> opened(Result<std::unique_ptr<notifier::Channel>> channel) {
    if (!channel) FAIL(channel.error().message);
    return *std::move(channel);
  }

  notifier::Message message(std::string reference = "D17") const {
    notifier::Message made;
    made.reference = std::move(reference);
    notifier::IncidentFacts facts;
    facts.id = 42;
    facts.title = {"凭证录入失败", "Voucher entry fails"};
    facts.service = {"凭证录入", "Voucher entry"};
    facts.severity = {"严重", "Severe"};
    facts.fault_class = {"重大故障", "Major fault"};
    facts.began = clock.wall();
    made.facts = {facts};
    notifier::Recipient person;
    person.id = "zhang.wei";
    person.phone = "138 0000-0001";
    person.code = "402913";
    made.to = {person};
    made.zone = zone("Asia/Shanghai");
    made.languages = {"zh", "en"};
    made.now = made.first_attempt = clock.wall();
    return made;
  }

  notifier::Receipt send(notifier::Channel& channel, const notifier::Message& what) const {
    return channel.send(what, clock.steady() + std::chrono::seconds{10});
  }
  notifier::Taken ask(notifier::Channel& channel, const notifier::Message& what) const {
    return channel.ask(what, clock.steady() + std::chrono::seconds{10});
  }

  ManualClock clock{time("2026-12-01 22:15", zone("Asia/Shanghai"))};
  Env env;
  TemporaryTree files;
  FakePhones phones;
  FakeWeb web{[this](const FakeCall& call) { return phones.answer(call).value_or(FakeAnswer{.code = 404}); }};
  notifier::ChannelWorld world;

 private:
  static FakePhonesSetup on(const Clock& clock, FakePhonesSetup with) {
    with.clock = &clock;
    return with;
  }
};

}  // namespace finwatch::test
