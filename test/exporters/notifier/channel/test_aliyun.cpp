#include "notifier/channel/aliyun.h"
#include "phone_fixture.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

ProviderKeys keys(std::string id, std::string secret) { return {Secret(std::move(id)), Secret(std::move(secret))}; }

struct AliyunFixture : PhoneFixture {
  using PhoneFixture::PhoneFixture;
  PhoneSetup call_setup(std::string caller = {}) const {
    PhoneSetup made = setup(Provider::aliyun);
    made.template_code = "TTS_000000000";
    made.caller = std::move(caller);
    return made;
  }
  std::unique_ptr<Channel> sms() const { return opened(open_aliyun_sms(setup(Provider::aliyun), world)); }
  std::unique_ptr<Channel> voice(std::string caller = {}) const {
    return opened(open_aliyun_voice(call_setup(std::move(caller)), world));
  }
};

}  // namespace

// The worked example that the vendor prints in "V3 request structure and signature": RunInstances, with its key, nonce and date.
TEST_CASE("channel: ACS3 signs the vendor's own example as the vendor does") {
  const std::string query =
      aliyun_query({{"RegionId", "cn-shanghai"}, {"ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}});
  CHECK(query == "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai");
  const WallTime at = time("2023-10-26 10:22") + std::chrono::seconds{32};
  const auto headers = acs3_headers({"ecs.cn-shanghai.aliyuncs.com", "RunInstances", "2014-05-26", query},
                                    keys("YourAccessKeyId", "YourAccessKeySecret"), "3156853299f313e23d1673dc12e1703d", at);
  REQUIRE(headers);
  const std::vector<std::string> wanted{
      "x-acs-action:RunInstances",
      "x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "x-acs-date:2023-10-26T10:22:32Z",
      "x-acs-signature-nonce:3156853299f313e23d1673dc12e1703d",
      "x-acs-version:2014-05-26",
      "Authorization:ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
      "x-acs-date;x-acs-signature-nonce;x-acs-version,"
      "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"};
  CHECK(*headers == wanted);
}

TEST_CASE("channel: hosts, times and numbers are written as providers want them") {
  CHECK(host_of("https://dysmsapi.aliyuncs.com") == "dysmsapi.aliyuncs.com");
  CHECK(host_of("https://dysmsapi.aliyuncs.com:443/") == "dysmsapi.aliyuncs.com");
  CHECK(host_of("http://127.0.0.1:8080/x?y") == "127.0.0.1:8080");
  CHECK(host_of("http://gateway:80") == "gateway");
  CHECK(host_of("https://gateway:80") == "gateway:80");
  CHECK(utc_time(time("2026-02-03 04:05")) == "2026-02-03T04:05:00Z");
  CHECK(international_number("13800000001") == "+8613800000001");
  CHECK(international_number("+86 138-0000-0001") == "+8613800000001");
  CHECK(international_number("0085291234567") == "+85291234567");
  CHECK(international_number("").empty());
  CHECK(aliyun_number("+8613800000001") == "13800000001");
  CHECK(aliyun_number("13800000001") == "13800000001");
  CHECK(aliyun_number("+85291234567") == "85291234567");
  CHECK(aliyun_number("").empty());
  CHECK(aliyun_query({{"b", "1 +/=&"}, {"a", "凭~-_."}}) == "a=%E5%87%AD~-_.&b=1%20%2B%2F%3D%26");
}

TEST_CASE("channel: a text message by Aliyun is taken, signed, with the variables of its template") {
  AliyunFixture to;
  const auto sms = to.sms();
  const Receipt receipt = to.send(*sms, to.message());
  CHECK(receipt.verdict == Verdict::accepted);
  CHECK(receipt.code == "OK");
  CHECK(receipt.provider_id == "90061900000000^1");
  CHECK(to.phones.refused().empty());
  const std::vector<TakenCall> taken = to.phones.taken();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].service == "aliyun_sms");
  CHECK(taken[0].reference == "D17");
  CHECK(taken[0].phone == "13800000001");
  CHECK(taken[0].sign_name == "集团财务部");
  CHECK(taken[0].template_code == "SMS_000000000");
  const std::map<std::string, std::string> wanted{
      {"id", "INC-42"}, {"service", "凭证录入"}, {"severity", "严重"}, {"time", "22:15"}, {"code", "402913"}};
  CHECK(taken[0].variables == wanted);
  const FakeCall call = to.web.calls().at(0);
  CHECK(call.method == "POST");
  CHECK(call.body.empty());
  CHECK(call.headers.count("content-type") == 0);
}

TEST_CASE("channel: every call to Aliyun has a nonce of its own") {
  AliyunFixture to;
  const auto sms = to.sms();
  for (int i = 0; i < 3; ++i) CHECK(to.send(*sms, to.message()).verdict == Verdict::accepted);
  const auto nonce = [&](std::size_t i) { return to.web.calls().at(i).headers.at("x-acs-signature-nonce"); };
  CHECK(nonce(0).size() == 32);
  CHECK(nonce(0) != nonce(1));
  CHECK(nonce(1) != nonce(2));
}

TEST_CASE("channel: Aliyun refuses a wrong secret, an unknown key and a clock that is off") {
  AliyunFixture to;
  to.files.write("aliyun.secret", "another\n");
  CHECK(to.send(*to.sms(), to.message()).code == "SignatureDoesNotMatch");
  to.files.write("aliyun.id", "LTAI-other\n");
  const Receipt unknown = to.send(*to.sms(), to.message());
  CHECK(unknown.code == "InvalidAccessKeyId.NotFound");
  CHECK(unknown.verdict == Verdict::refused);
  CHECK(to.phones.taken().empty());

  ManualClock late(to.clock.wall() + std::chrono::minutes{16});
  Env env;
  env.clock = &late;
  to.files.write("aliyun.id", "LTAI-test");
  to.files.write("aliyun.secret", "aliyun-secret");
  ChannelWorld world = to.world;
  world.env = &env;
  const auto sms = PhoneFixture::opened(open_aliyun_sms(to.setup(Provider::aliyun), world));
  const Receipt off = sms->send(to.message(), late.steady() + std::chrono::seconds{10});
  CHECK(off.code == "InvalidTimeStamp.Expired");
  CHECK(off.verdict == Verdict::refused);
  CHECK_THAT(off.note, Contains("校时"));
}

TEST_CASE("channel: keys of Aliyun must be there, and their address must be one") {
  AliyunFixture to;
  PhoneSetup setup = to.setup(Provider::aliyun);
  setup.key_secret_file = to.files.path("nowhere.secret");
  const auto missing = open_aliyun_sms(setup, to.world);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::config);
  CHECK_THAT(missing.error().message, Contains("channels.sms.key_secret_file"));
  CHECK_THAT(missing.error().message, Contains("nowhere.secret"));
  to.files.write("aliyun.id", " \n");
  const auto empty = open_aliyun_voice(to.call_setup(), to.world);
  REQUIRE_FALSE(empty);
  CHECK(empty.error().code == Errc::config);
  CHECK_THAT(empty.error().message, Contains("channels.voice.key_id_file"));
  to.world.aliyun_sms = "dysmsapi";
  const auto address = open_aliyun_sms(to.setup(Provider::aliyun), to.world);
  REQUIRE_FALSE(address);
  CHECK_THAT(address.error().message, Contains("providers.aliyun_sms"));
}

TEST_CASE("channel: codes of Aliyun mean later, refused or unknown, and come from a closed set") {
  struct Case {
    const char* code;
    Verdict verdict;
    const char* shown;
  };
  const Case cases[] = {{"OK", Verdict::accepted, "OK"},
                        {"isp.SYSTEM_ERROR", Verdict::later, "isp.SYSTEM_ERROR"},
                        {"Throttling.User", Verdict::later, "Throttling"},
                        {"ServiceUnavailable", Verdict::later, "ServiceUnavailable"},
                        {"SignatureNonceUsed", Verdict::later, "SignatureNonceUsed"},
                        {"InternalError", Verdict::unknown, "InternalError"},
                        {"isv.AMOUNT_NOT_ENOUGH", Verdict::refused, "isv.AMOUNT_NOT_ENOUGH"},
                        {"isv.OUT_OF_SERVICE", Verdict::refused, "isv.OUT_OF_SERVICE"},
                        {"isv.MOBILE_NUMBER_ILLEGAL", Verdict::refused, "isv.MOBILE_NUMBER_ILLEGAL"},
                        {"isv.TEMPLATE_MISSING_PARAMETERS", Verdict::refused, "isv.TEMPLATE_MISSING_PARAMETERS"},
                        {"isv.PARAM_LENGTH_LIMIT", Verdict::refused, "isv.PARAM_LENGTH_LIMIT"},
                        {"isv.PARAM_NOT_SUPPORT_URL", Verdict::refused, "isv.PARAM_NOT_SUPPORT_URL"},
                        {"isv.BLACK_KEY_CONTROL_LIMIT", Verdict::refused, "isv.BLACK_KEY_CONTROL_LIMIT"},
                        {"isv.SMS_SIGNATURE_ILLEGAL", Verdict::refused, "isv.SMS_SIGNATURE_ILLEGAL"},
                        {"isv.SMS_TEMPLATE_ILLEGAL", Verdict::refused, "isv.SMS_TEMPLATE_ILLEGAL"},
                        {"isv.SOMETHING_NEW", Verdict::refused, "other"}};
  for (const Case& each : cases) {
    INFO(each.code);
    const Receipt receipt = aliyun_receipt(each.code, "words");
    CHECK(receipt.verdict == each.verdict);
    CHECK(receipt.code == each.shown);
    CHECK_FALSE(receipt.note.empty());
  }
  const Receipt minute = aliyun_receipt("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1");
  CHECK(minute.verdict == Verdict::later);
  CHECK(minute.wait == std::chrono::seconds{60});
  for (const char* words : {"触发小时级流控Permits:5", "触发天级流控Permits:10"}) {
    const Receipt longer = aliyun_receipt("isv.BUSINESS_LIMIT_CONTROL", words);
    CHECK(longer.verdict == Verdict::refused);
    CHECK(longer.code == "isv.BUSINESS_LIMIT_CONTROL");
    CHECK(longer.wait == std::chrono::seconds{0});
    CHECK_THAT(longer.note, Contains(words));
  }
}

TEST_CASE("channel: HTTP 200 with a code that says no is a no, and its note has no number") {
  AliyunFixture to;
  const auto sms = to.sms();
  to.phones.be(FakeMood::lying, "isv.MOBILE_NUMBER_ILLEGAL", "13800000001invalid mobile number");
  const Receipt receipt = to.send(*sms, to.message());
  CHECK(receipt.verdict == Verdict::refused);
  CHECK(receipt.code == "isv.MOBILE_NUMBER_ILLEGAL");
  CHECK_THAT(receipt.note, Contains("***"));
  CHECK(receipt.note.find("13800000001") == std::string::npos);
  CHECK(receipt.provider_id.empty());
  CHECK(to.phones.taken().empty());
  to.phones.be(FakeMood::lying, "", "");
  CHECK(to.send(*sms, to.message()).verdict == Verdict::unknown);  // JSON without a code
}

TEST_CASE("channel: the limit of the day of one number at Aliyun") {
  AliyunFixture to({.most_per_day = 2});
  const auto sms = to.sms();
  CHECK(to.send(*sms, to.message("D1")).verdict == Verdict::accepted);
  CHECK(to.send(*sms, to.message("D2")).verdict == Verdict::accepted);
  const Receipt third = to.send(*sms, to.message("D3"));
  CHECK(third.verdict == Verdict::refused);
  CHECK(third.code == "isv.BUSINESS_LIMIT_CONTROL");
  Message other = to.message("D4");
  other.to[0].phone = "+8613800000002";
  CHECK(to.send(*sms, other).verdict == Verdict::accepted);
  to.clock.advance(std::chrono::hours{25});
  CHECK(to.send(*sms, to.message("D5")).verdict == Verdict::accepted);
}

TEST_CASE("channel: no number, and no time") {
  AliyunFixture to;
  const auto sms = to.sms();
  Message nobody = to.message();
  nobody.to[0].phone.clear();
  CHECK(to.send(*sms, nobody).verdict == Verdict::refused);
  CHECK(to.ask(*sms, nobody) == Taken::cannot_tell);
  nobody.to.clear();
  CHECK(to.send(*to.voice(), nobody).code == "no_number");
  CHECK(sms->send(to.message(), to.clock.steady()).verdict == Verdict::later);
  CHECK(to.web.calls().empty());
}

TEST_CASE("channel: what Aliyun took without an answer is unknown, and asking finds it") {
  for (const FakeMood mood : {FakeMood::half, FakeMood::taken_unanswered, FakeMood::slow}) {
    AliyunFixture to;
    const auto sms = to.sms();
    to.phones.be(mood, {}, {}, std::chrono::milliseconds{400});
    const Receipt receipt =
        sms->send(to.message(), to.clock.steady() + std::chrono::milliseconds{mood == FakeMood::slow ? 150 : 5000});
    CHECK(receipt.verdict == Verdict::unknown);
    CHECK(receipt.code == (mood == FakeMood::slow ? "timeout" : "cut"));
    CHECK(to.ask(*sms, to.message("D17")) == Taken::yes);
    CHECK(to.ask(*sms, to.message("D18")) == Taken::no);
  }
}

TEST_CASE("channel: a gateway's page says nothing, and asking finds that nothing was taken") {
  AliyunFixture to;
  const auto sms = to.sms();
  to.phones.be(FakeMood::broken);
  const Receipt receipt = to.send(*sms, to.message());
  CHECK(receipt.verdict == Verdict::unknown);
  CHECK(receipt.code == "http_502");
  CHECK(to.ask(*sms, to.message()) == Taken::no);
}

TEST_CASE("channel: asking Aliyun reads all pages, and the day after midnight in China") {
  AliyunFixture to({.most_per_day = 500});
  const auto sms = to.sms();
  for (int i = 1; i <= 101; ++i) REQUIRE(to.send(*sms, to.message("D" + std::to_string(i))).verdict == Verdict::accepted);
  const std::size_t before = to.web.calls().size();
  CHECK(to.ask(*sms, to.message("D101")) == Taken::yes);
  CHECK(to.web.calls().size() == before + 3);
  CHECK(to.ask(*sms, to.message("D102")) == Taken::no);

  const Message late = to.message("D200");  // first tried at 22:15, taken after midnight
  to.clock.advance(std::chrono::hours{2});
  CHECK(to.send(*sms, late).verdict == Verdict::accepted);
  CHECK(to.ask(*sms, late) == Taken::yes);
  to.clock.advance(std::chrono::hours{24 * 4});
  CHECK(to.ask(*sms, late) == Taken::cannot_tell);  // too many days to read
}

TEST_CASE("channel: asking Aliyun without a right answer tells nothing") {
  std::string body;
  FakeWeb web([&](const FakeCall&) -> FakeAnswer { return {.body = body}; });
  AliyunFixture to;
  to.world.aliyun_sms = web.url();
  const auto sms = to.sms();
  for (const char* answer :
       {"", "<html>", R"({"Code":"isp.RAM_PERMISSION_DENY"})", R"({"Code":"OK"})", R"({"Code":"OK","TotalCount":"x"})",
        R"({"Code":"OK","TotalCount":2,"SmsSendDetailDTOs":{"SmsSendDetailDTO":[]}})",
        R"({"Code":"OK","TotalCount":2,"SmsSendDetailDTOs":"none"})", "[]"}) {
    body = answer;
    INFO(answer);
    CHECK(to.ask(*sms, to.message()) == Taken::cannot_tell);
  }
  body = R"({"Code":"OK","TotalCount":0})";
  CHECK(to.ask(*sms, to.message()) == Taken::no);
}

TEST_CASE("channel: a call by Aliyun, with and without a number of one's own") {
  AliyunFixture to;
  const Receipt receipt = to.send(*to.voice("05710000000"), to.message());
  CHECK(receipt.verdict == Verdict::accepted);
  CHECK(receipt.provider_id == "11601488806000^1");
  const Receipt second = to.send(*to.voice(), to.message("D18"));
  CHECK(second.verdict == Verdict::later);  // one a minute
  CHECK(second.wait == std::chrono::seconds{60});
  to.clock.advance(std::chrono::seconds{61});
  CHECK(to.send(*to.voice(), to.message("D18")).verdict == Verdict::accepted);
  const std::vector<TakenCall> taken = to.phones.taken();
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].service == "aliyun_voice");
  CHECK(taken[0].caller == "05710000000");
  CHECK(taken[0].template_code == "TTS_000000000");
  CHECK(taken[0].variables.at("id") == "INC-42");
  CHECK(taken[1].caller.empty());
  CHECK(taken[1].reference == "D18");
  CHECK(to.ask(*to.voice(), to.message()) == Taken::cannot_tell);
  for (int i = 0; i < 3; ++i) {
    to.clock.advance(std::chrono::minutes{2});
    CHECK(to.send(*to.voice(), to.message()).verdict == Verdict::accepted);
  }
  to.clock.advance(std::chrono::minutes{2});
  CHECK(to.send(*to.voice(), to.message()).verdict == Verdict::refused);  // five an hour
}
