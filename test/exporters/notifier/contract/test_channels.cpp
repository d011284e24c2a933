// Each channel, and each provider of one, as rules/tool/compile/policy.cpp writes it.
#include "notifier/contract/channels.h"

#include "policy_text.h"
#include "support/changed.h"

namespace finwatch::notifier {
namespace {

using Catch::Matchers::Contains;
using test::changed;

std::string with(std::string_view channel) { return std::string(kPolicy) + std::string(channel); }

constexpr std::string_view kAliyunSms = R"(  sms:
    provider: "aliyun"
    region: "cn-hangzhou"
    key_id_file: "/etc/finwatch/aliyun.id"
    key_secret_file: "/etc/finwatch/aliyun.secret"
    sign_name: "集团财务部"
    template: "SMS_000000000"
    variables: ["id", "service", "severity", "class", "time", "code", "title"]
    most_per_day: 50
)";

constexpr std::string_view kTencentSms = R"(  sms:
    provider: "tencent"
    region: "ap-guangzhou"
    key_id_file: "/etc/finwatch/tencent.id"
    key_secret_file: "/etc/finwatch/tencent.secret"
    app: "1400000000"
    sign_name: "集团财务部"
    template: "100000"
    variables: []
    most_per_day: 7
)";

constexpr std::string_view kAliyunVoice = R"(  voice:
    provider: "aliyun"
    region: "cn-shanghai"
    key_id_file: "/etc/finwatch/aliyun.id"
    key_secret_file: "/etc/finwatch/aliyun.secret"
    template: "TTS_000000000"
    variables: ["id"]
    caller: "05710000000"
    most_per_day: 20
)";

constexpr std::string_view kTencentVoice = R"(  voice:
    provider: "tencent"
    region: "ap-guangzhou"
    key_id_file: "/etc/finwatch/tencent.id"
    key_secret_file: "/etc/finwatch/tencent.secret"
    app: "1400000000"
    template: "100000"
    variables: ["id"]
    most_per_day: 20
)";

constexpr std::string_view kHttpPhone = R"(    provider: "http"
    url_file: "/etc/finwatch/gateway.url"
    method: "POST"
    content_type: "application/json"
    body: "{\"to\": \"${phone}\"}"
    success:
      pointer: "/result/0/code"
      equals: "OK"
    variables: ["title"]
    most_per_day: 50
)";

}  // namespace

TEST_CASE("contract: names of channels") {
  for (std::size_t i = 0; i < kChannelNames.size(); ++i) CHECK(channel_kind(kChannelNames[i]) == static_cast<ChannelKind>(i));
  CHECK_FALSE(channel_kind("SMS"));
  CHECK_FALSE(channel_kind(""));
  const ChannelSetups none;
  for (const std::string_view name : kChannelNames) CHECK_FALSE(none.has(*channel_kind(name)));
}

TEST_CASE("contract: e-mail, DingTalk and a gateway as they are written") {
  const auto contract = good_policy(kPolicy);
  const ChannelSetups& channels = contract->channels;
  REQUIRE(channels.email);
  CHECK(channels.email->smarthost == "mail.example.com:587");
  CHECK(channels.email->from == "finwatch@example.com");
  CHECK(channels.email->user == "finwatch");
  CHECK(channels.email->password_file == "/etc/finwatch/mail.password");
  CHECK(channels.email->require_tls);
  REQUIRE(channels.dingtalk);
  CHECK(channels.dingtalk->url_file == "/etc/finwatch/dingtalk.url");
  CHECK(channels.dingtalk->secret_file == "/etc/finwatch/dingtalk.secret");
  CHECK(channels.dingtalk->most_per_minute == 20);
  REQUIRE(channels.http);
  CHECK(channels.http->call.method == "PUT");
  CHECK(channels.http->call.content_type == "text/plain");
  CHECK(channels.http->call.body == "say ${title}");  // no environment variable: the dollar is the body's
  CHECK(channels.http->call.success_pointer == "/code");
  CHECK(channels.http->call.success_equals == "0");
  CHECK(channels.http->most_per_minute == 60);
  CHECK(channels.has(ChannelKind::email));
  CHECK(channels.has(ChannelKind::http));
  CHECK_FALSE(channels.has(ChannelKind::sms));
  CHECK_FALSE(channels.has(ChannelKind::console));
}

TEST_CASE("contract: e-mail without a user, and a gateway with nothing but its address") {
  std::string text = changed(kPolicy, "    user: \"finwatch\"\n    password_file: \"/etc/finwatch/mail.password\"\n", "");
  text = changed(text, "require_tls: true", "require_tls: false");
  const std::size_t success = text.find("    body: ");
  text.replace(success, text.find("    most_per_minute: 60") - success, "");
  const auto contract = good_policy(text);
  CHECK(contract->channels.email->user.empty());
  CHECK_FALSE(contract->channels.email->require_tls);
  CHECK(contract->channels.http->call.body.empty());
  CHECK(contract->channels.http->call.success_pointer.empty());
}

TEST_CASE("contract: robots of WeCom and Feishu") {
  const auto contract =
      good_policy(with("  wecom:\n    url_file: \"/etc/finwatch/wecom.url\"\n    most_per_minute: 20\n"
                       "  feishu:\n    url_file: \"/etc/finwatch/feishu.url\"\n"
                       "    secret_file: \"feishu.secret\"\n    most_per_minute: 100\n"));
  REQUIRE(contract->channels.has(ChannelKind::wecom));
  REQUIRE(contract->channels.has(ChannelKind::feishu));
  CHECK(contract->channels.wecom->secret_file.empty());
  CHECK(contract->channels.feishu->secret_file == "made/feishu.secret");  // beside the file that names it
  CHECK(contract->channels.feishu->most_per_minute == 100);
}

TEST_CASE("contract: text messages by each provider") {
  const PhoneSetup aliyun = *good_policy(with(kAliyunSms))->channels.sms;
  CHECK(aliyun.provider == Provider::aliyun);
  CHECK(aliyun.region == "cn-hangzhou");
  CHECK(aliyun.key_id_file == "/etc/finwatch/aliyun.id");
  CHECK(aliyun.key_secret_file == "/etc/finwatch/aliyun.secret");
  CHECK(aliyun.sign_name == "集团财务部");
  CHECK(aliyun.template_code == "SMS_000000000");
  CHECK(aliyun.variables.size() == 7);
  CHECK(aliyun.most_per_day == 50);
  const PhoneSetup tencent = *good_policy(with(kTencentSms))->channels.sms;
  CHECK(tencent.provider == Provider::tencent);
  CHECK(tencent.app == "1400000000");
  CHECK(tencent.variables.empty());
  CHECK(tencent.most_per_day == 7);
  const PhoneSetup http = *good_policy(with("  sms:\n" + std::string(kHttpPhone)))->channels.sms;
  CHECK(http.provider == Provider::http);
  CHECK(http.call.url_file == "/etc/finwatch/gateway.url");
  CHECK(http.call.body == "{\"to\": \"${phone}\"}");
  CHECK(http.call.success_pointer == "/result/0/code");
  CHECK(http.variables == std::vector<std::string>{"title"});
}

TEST_CASE("contract: calls by each provider") {
  const PhoneSetup aliyun = *good_policy(with(kAliyunVoice))->channels.voice;
  CHECK(aliyun.provider == Provider::aliyun);
  CHECK(aliyun.region == "cn-shanghai");
  CHECK(aliyun.caller == "05710000000");
  const PhoneSetup tencent = *good_policy(with(kTencentVoice))->channels.voice;
  CHECK(tencent.provider == Provider::tencent);
  CHECK(tencent.app == "1400000000");
  CHECK(tencent.caller.empty());
  CHECK(good_policy(with("  voice:\n" + std::string(kHttpPhone)))->channels.voice->provider == Provider::http);
}

TEST_CASE("contract: a phone channel that lacks something, or has what is another's") {
  const auto sms = [](std::string_view from, std::string_view to) { return refusal(with(changed(kAliyunSms, from, to))); };
  CHECK_THAT(sms("\"aliyun\"", "\"aliyum\""), Contains("channels.sms.provider: no provider 'aliyum'; did you mean 'aliyun'?"));
  CHECK_THAT(sms("    provider: \"aliyun\"\n", ""), Contains("channels.sms.provider: must be given"));
  CHECK_THAT(sms("    sign_name: \"集团财务部\"\n", ""), Contains("channels.sms.sign_name: must be given"));
  CHECK_THAT(sms("    key_id_file: \"/etc/finwatch/aliyun.id\"\n", ""), Contains("channels.sms.key_id_file: must be given"));
  CHECK_THAT(sms("\"aliyun\"", "\"tencent\""), Contains("channels.sms.app: must be given"));
  CHECK_THAT(sms("\"code\"", "\"cod\""), Contains("channels.sms.variables: no variable 'cod'; did you mean 'code'?"));
  CHECK_THAT(sms("variables", "variabels"), Contains("channels.sms: unknown key 'variabels'; did you mean 'variables'?"));
  CHECK_THAT(sms("most_per_day: 50", "most_per_day: many"), Contains("channels.sms.most_per_day: expected a whole number"));
  CHECK_THAT(sms("\"aliyun\"", "\"http\""), Contains("channels.sms.url_file: must be given"));
  CHECK_THAT(refusal(with(changed(kAliyunVoice, "caller", "sign_name"))), Contains("channels.voice: unknown key 'sign_name'"));
  CHECK_THAT(refusal(with("  sms: [x]\n")), Contains("channels.sms: expected a map, found a list"));
}

TEST_CASE("contract: somebody without a telephone is found before he must be called") {
  const std::string sms = changed(kPolicy, "by: [\"email\"]", "by: [\"sms\"]");
  CHECK_THAT(refusal(sms + std::string(kAliyunSms)),
             Contains("policies.at_once[1].by: sms cannot reach zhang.wei: people.zhang.wei has no 'phone'"));
  const std::string voice = changed(kPolicy, "by: [\"email\", \"dingtalk\"]", "by: [\"voice\"]");
  CHECK(good_policy(voice + std::string(kAliyunVoice))->steps("severe")[0].by == std::vector{ChannelKind::voice});
}

}  // namespace finwatch::notifier
