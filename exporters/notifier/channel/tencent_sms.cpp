// Text messages by Tencent Cloud: SendSms and PullSmsSendStatusByPhoneNumber of 2021-01-11.
#include "core/json_text.h"
#include "notifier/channel/phone_text.h"
#include "notifier/channel/tencent.h"

namespace finwatch::notifier {
namespace {

constexpr int kMostRows = 100;

std::string unix_seconds(WallTime at) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

class TencentSms final : public Channel {
 public:
  TencentSms(TencentClient client, PhoneSetup setup) : client_(std::move(client)), setup_(std::move(setup)) {}

  // The call may be right, and its one number be refused.
  Receipt send(const Message& message, SteadyTime deadline) override {
    if (number_of(message).empty()) return no_number();
    const std::string number = json_text(international_number(number_of(message)));
    const ProviderAnswer answer =
        client_.call("SendSms",
                     JsonMembers('{')
                         .add("PhoneNumberSet", "[" + number + "]")
                         .add("SmsSdkAppId", json_text(setup_.app))
                         .add("TemplateId", json_text(setup_.template_code))
                         .add("SignName", json_text(setup_.sign_name))
                         .add("TemplateParamSet", json_values(phone_variables(message, setup_.variables, kLongestVariable)))
                         .add("SessionContext", json_text(message.reference))
                         .end(),
                     deadline);
    if (std::optional<Receipt> failed = tencent_failure(answer)) return *std::move(failed);
    const std::optional<JsonRef> list = answer.json->root().find("Response")->find("SendStatusSet");
    const std::optional<JsonRef> status = list ? list->first() : std::nullopt;
    if (!status || member(*status, "Code").empty()) return unreadable_answer(answer.status);
    Receipt receipt = tencent_receipt(member(*status, "Code"), member(*status, "Message"));
    receipt.provider_id = member(*status, "SerialNo");
    return receipt;
  }

  // The list has what the carrier has reported on, and SessionContext only where Tencent has switched it on for the account. So to
  // find it means yes, and not to find it means nothing.
  Taken ask(const Message& message, SteadyTime deadline) override {
    if (number_of(message).empty()) return Taken::cannot_tell;
    const ProviderAnswer answer = client_.call("PullSmsSendStatusByPhoneNumber",
                                               JsonMembers('{')
                                                   .add("BeginTime", unix_seconds(message.first_attempt))
                                                   .add("EndTime", unix_seconds(client_.clock().wall()))
                                                   .add("Offset", "0")
                                                   .add("Limit", std::to_string(kMostRows))
                                                   .add("PhoneNumber", json_text(international_number(number_of(message))))
                                                   .add("SmsSdkAppId", json_text(setup_.app))
                                                   .end(),
                                               deadline);
    if (tencent_failure(answer)) return Taken::cannot_tell;
    const std::optional<JsonRef> list = answer.json->root().find("Response")->find("PullSmsSendStatusSet");
    if (!list) return Taken::cannot_tell;
    for (auto row = list->first(); row; row = row->next())
      if (member(*row, "SessionContext") == message.reference) return Taken::yes;
    return Taken::cannot_tell;
  }

 private:
  TencentClient client_;
  PhoneSetup setup_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_tencent_sms(const PhoneSetup& setup, const ChannelWorld& world) {
  Result<TencentClient> client = TencentClient::open("sms", setup, world.tencent_sms, {"sms", "2021-01-11"}, world);
  if (!client) return client.error();
  return std::unique_ptr<Channel>(std::make_unique<TencentSms>(*std::move(client), setup));
}

}  // namespace finwatch::notifier
