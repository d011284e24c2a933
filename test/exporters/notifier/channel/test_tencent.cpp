#include "notifier/channel/tencent.h"
#include "phone_fixture.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

struct TencentFixture : PhoneFixture {
  using PhoneFixture::PhoneFixture;
  std::unique_ptr<Channel> sms() const { return opened(open_tencent_sms(setup(Provider::tencent), world)); }
  std::unique_ptr<Channel> voice() const { return opened(open_tencent_voice(setup(Provider::tencent), world)); }
};

}  // namespace

// The worked example that the vendor prints in "Signature v3": DescribeInstances of 2019-02-25, its key with stars as printed.
TEST_CASE("channel: TC3 signs the vendor's own example as the vendor does") {
  const std::string body = R"({"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]})";
  const ProviderKeys keys{Secret("AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******"), Secret("Gu5t9xGARNpq86cd98joQYCN3*******")};
  const auto signature =
      tc3_authorization({"cvm.tencentcloudapi.com", "cvm", body}, keys, WallTime{std::chrono::seconds{1551113065}});
  REQUIRE(signature);
  CHECK(*signature ==
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c");
}

TEST_CASE("channel: a text message by Tencent Cloud is taken, signed, with the variables in their order") {
  TencentFixture to;
  const auto sms = to.sms();
  const Receipt receipt = to.send(*sms, to.message());
  CHECK(receipt.verdict == Verdict::accepted);
  CHECK(receipt.code == "Ok");
  CHECK(receipt.provider_id == "5000:104571066915705365781");
  CHECK(to.phones.refused().empty());
  const std::vector<TakenCall> taken = to.phones.taken();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].service == "tencent_sms");
  CHECK(taken[0].reference == "D17");
  CHECK(taken[0].phone == "+8613800000001");
  CHECK(taken[0].sign_name == "集团财务部");
  CHECK(taken[0].template_code == "1110");
  const std::map<std::string, std::string> wanted{
      {"1", "INC-42"}, {"2", "凭证录入"}, {"3", "严重"}, {"4", "22:15"}, {"5", "402913"}};
  CHECK(taken[0].variables == wanted);
  const FakeCall call = to.web.calls().at(0);
  CHECK(call.headers.at("x-tc-action") == "SendSms");
  CHECK(call.headers.at("x-tc-version") == "2021-01-11");
  CHECK(call.headers.at("x-tc-region") == "ap-guangzhou");
  CHECK(call.headers.at("content-type") == "application/json; charset=utf-8");
}

TEST_CASE("channel: Tencent Cloud refuses a wrong secret, an unknown key and a clock that is off") {
  TencentFixture to;
  to.files.write("tencent.secret", "another\n");
  CHECK(to.send(*to.sms(), to.message()).code == "AuthFailure.SignatureFailure");
  to.files.write("tencent.id", "AKID-other\n");
  const Receipt unknown = to.send(*to.sms(), to.message());
  CHECK(unknown.code == "AuthFailure.SecretIdNotFound");
  CHECK(unknown.verdict == Verdict::refused);

  ManualClock late(to.clock.wall() - std::chrono::minutes{6});
  Env env;
  env.clock = &late;
  to.files.write("tencent.id", "AKID-test");
  to.files.write("tencent.secret", "tencent-secret");
  ChannelWorld world = to.world;
  world.env = &env;
  const auto sms = PhoneFixture::opened(open_tencent_sms(to.setup(Provider::tencent), world));
  const Receipt off = sms->send(to.message(), late.steady() + std::chrono::seconds{10});
  CHECK(off.code == "AuthFailure.SignatureExpire");
  CHECK_THAT(off.note, Contains("校时"));
  CHECK(to.phones.taken().empty());
}

TEST_CASE("channel: keys of Tencent Cloud must be there") {
  TencentFixture to;
  to.files.write("tencent.id", "");
  const auto empty = open_tencent_sms(to.setup(Provider::tencent), to.world);
  REQUIRE_FALSE(empty);
  CHECK(empty.error().code == Errc::config);
  CHECK_THAT(empty.error().message, Contains("channels.sms.key_id_file") && Contains("tencent.id"));
  PhoneSetup setup = to.setup(Provider::tencent);
  setup.key_id_file.clear();
  const auto unnamed = open_tencent_voice(setup, to.world);
  REQUIRE_FALSE(unnamed);
  CHECK_THAT(unnamed.error().message, Contains("channels.voice.key_id_file"));
}

TEST_CASE("channel: codes of Tencent Cloud mean later, refused or unknown, and come from a closed set") {
  struct Case {
    const char* code;
    Verdict verdict;
    int wait;
    const char* shown;
  };
  const Case cases[] = {
      {"Ok", Verdict::accepted, 0, "Ok"},
      {"RequestLimitExceeded", Verdict::later, 1, "RequestLimitExceeded"},
      {"RequestLimitExceeded.UinLimitExceeded", Verdict::later, 1, "RequestLimitExceeded"},
      {"LimitExceeded.DeliveryFrequencyLimit", Verdict::later, 60, "LimitExceeded.DeliveryFrequencyLimit"},
      {"LimitExceeded.PhoneNumberThirtySecondLimit", Verdict::later, 30, "LimitExceeded.PhoneNumberThirtySecondLimit"},
      {"InternalError", Verdict::later, 0, "InternalError"},
      {"InternalError.Timeout", Verdict::unknown, 0, "InternalError.Timeout"},
      {"InternalError.SendAndRecvFail", Verdict::unknown, 0, "InternalError.SendAndRecvFail"},
      {"LimitExceeded.PhoneNumberOneHourLimit", Verdict::refused, 0, "LimitExceeded.PhoneNumberOneHourLimit"},
      {"FailedOperation.ContainSensitiveWord", Verdict::refused, 0, "FailedOperation.ContainSensitiveWord"},
      {"FailedOperation.PhoneNumberInBlacklist", Verdict::refused, 0, "FailedOperation.PhoneNumberInBlacklist"},
      {"FailedOperation.SignatureIncorrectOrUnapproved", Verdict::refused, 0, "FailedOperation.SignatureIncorrectOrUnapproved"},
      {"FailedOperation.TemplateIncorrectOrUnapproved", Verdict::refused, 0, "FailedOperation.TemplateIncorrectOrUnapproved"},
      {"FailedOperation.InsufficientBalanceInSmsPackage", Verdict::refused, 0,
       "FailedOperation.InsufficientBalanceInSmsPackage"},
      {"UnauthorizedOperation.SerivceSuspendDueToArrears", Verdict::refused, 0,
       "UnauthorizedOperation.SerivceSuspendDueToArrears"},
      {"Something.New", Verdict::refused, 0, "other"}};
  for (const Case& each : cases) {
    INFO(each.code);
    const Receipt receipt = tencent_receipt(each.code, "words");
    CHECK(receipt.verdict == each.verdict);
    CHECK(receipt.wait.count() == each.wait);
    CHECK(receipt.code == each.shown);
    CHECK_FALSE(receipt.note.empty());
  }
}

TEST_CASE("channel: the call is right and its number refused, or the call as a whole: both decide") {
  TencentFixture to;
  const auto sms = to.sms();
  to.phones.be(FakeMood::lying, "FailedOperation.PhoneNumberInBlacklist", "+8613800000001 is in blacklist");
  const Receipt number = to.send(*sms, to.message());
  CHECK(number.verdict == Verdict::refused);
  CHECK(number.code == "FailedOperation.PhoneNumberInBlacklist");
  CHECK(number.note.find("8613800000001") == std::string::npos);
  CHECK_THAT(number.note, Contains("***"));
  to.phones.be(FakeMood::lying, "UnauthorizedOperation.SmsSdkAppIdVerifyFail", "no");
  CHECK(to.send(*sms, to.message()).code == "UnauthorizedOperation.SmsSdkAppIdVerifyFail");
  CHECK(to.send(*to.voice(), to.message()).verdict == Verdict::refused);
  CHECK(to.phones.taken().empty());
}

TEST_CASE("channel: the limit of the day of one number at Tencent Cloud") {
  TencentFixture to({.most_per_day = 1});
  const auto sms = to.sms();
  CHECK(to.send(*sms, to.message("D1")).verdict == Verdict::accepted);
  const Receipt second = to.send(*sms, to.message("D2"));
  CHECK(second.verdict == Verdict::refused);
  CHECK(second.code == "LimitExceeded.PhoneNumberDailyLimit");
  CHECK(second.provider_id.empty());
}

TEST_CASE("channel: what Tencent Cloud took without an answer is unknown, and asking finds it where it tells") {
  for (const FakeMood mood : {FakeMood::half, FakeMood::taken_unanswered}) {
    TencentFixture to;
    const auto sms = to.sms();
    to.phones.be(mood);
    const Receipt receipt = to.send(*sms, to.message());
    CHECK(receipt.verdict == Verdict::unknown);
    CHECK(receipt.code == "cut");
    CHECK(to.ask(*sms, to.message("D17")) == Taken::yes);
    // It lists what the carrier has reported on, so that what is not there may still come.
    CHECK(to.ask(*sms, to.message("D18")) == Taken::cannot_tell);
    CHECK(to.web.calls().back().headers.at("x-tc-action") == "PullSmsSendStatusByPhoneNumber");
  }
  TencentFixture silent({.tells_context = false});
  const auto sms = silent.sms();
  CHECK(silent.send(*sms, silent.message()).verdict == Verdict::accepted);
  CHECK(silent.ask(*sms, silent.message()) == Taken::cannot_tell);
}

TEST_CASE("channel: a slow Tencent Cloud, a gateway's page, and answers that are none") {
  TencentFixture to;
  const auto sms = to.sms();
  to.phones.be(FakeMood::slow, {}, {}, std::chrono::milliseconds{400});
  CHECK(sms->send(to.message(), to.clock.steady() + std::chrono::milliseconds{150}).code == "timeout");
  to.phones.be(FakeMood::broken);
  CHECK(to.send(*sms, to.message()).code == "http_502");

  std::string body;
  FakeWeb web([&](const FakeCall&) -> FakeAnswer { return {.body = body}; });
  to.world.tencent_sms = to.world.tencent_voice = web.url();
  const auto odd = to.sms(), voice = to.voice();
  for (const char* answer :
       {"", "[]", "{}", R"({"Response":null})", R"({"Response":{}})", R"({"Response":{"SendStatusSet":[]}})",
        R"({"Response":{"SendStatusSet":[{}],"SendStatus":{}}})", R"({"Response":{"SendStatusSet":"x","SendStatus":"x"}})"}) {
    body = answer;
    INFO(answer);
    CHECK(to.send(*odd, to.message()).verdict == Verdict::unknown);
    CHECK(to.send(*voice, to.message()).verdict == Verdict::unknown);
    CHECK(to.ask(*odd, to.message()) == Taken::cannot_tell);
  }
}

TEST_CASE("channel: a call by Tencent Cloud") {
  TencentFixture to;
  const auto voice = to.voice();
  const Receipt receipt = to.send(*voice, to.message());
  CHECK(receipt.verdict == Verdict::accepted);
  CHECK_FALSE(receipt.provider_id.empty());
  const std::vector<TakenCall> taken = to.phones.taken();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].service == "tencent_voice");
  CHECK(taken[0].phone == "+8613800000001");
  CHECK(taken[0].reference == "D17");
  CHECK(taken[0].variables.at("1") == "INC-42");
  CHECK(to.web.calls().at(0).headers.at("x-tc-version") == "2020-09-02");
  CHECK_THAT(to.web.calls().at(0).headers.at("authorization"), Contains("/vms/tc3_request"));
  CHECK_THAT(to.web.calls().at(0).body, Contains(R"("PlayTimes":2)"));
  CHECK(to.ask(*voice, to.message()) == Taken::cannot_tell);
  Message nobody = to.message();
  nobody.to[0].phone.clear();
  CHECK(to.send(*voice, nobody).code == "no_number");
}
