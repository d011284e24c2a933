// Calls by Tencent Cloud: SendTtsVoice of 2020-09-02. It has no call that asks what became of one, so that ask() is left as it is.
#include "core/json_text.h"
#include "notifier/channel/phone_text.h"
#include "notifier/channel/tencent.h"

namespace finwatch::notifier {
namespace {

class TencentVoice final : public Channel {
 public:
  TencentVoice(TencentClient client, PhoneSetup setup) : client_(std::move(client)), setup_(std::move(setup)) {}

  Receipt send(const Message& message, SteadyTime deadline) override {
    if (number_of(message).empty()) return no_number();
    const ProviderAnswer answer =
        client_.call("SendTtsVoice",
                     JsonMembers('{')
                         .add("TemplateId", json_text(setup_.template_code))
                         .add("CalledNumber", json_text(international_number(number_of(message))))
                         .add("VoiceSdkAppid", json_text(setup_.app))
                         .add("TemplateParamSet", json_values(phone_variables(message, setup_.variables, kLongestVariable)))
                         .add("PlayTimes", "2")
                         .add("SessionContext", json_text(message.reference))
                         .end(),
                     deadline);
    if (std::optional<Receipt> failed = tencent_failure(answer)) return *std::move(failed);
    const std::optional<JsonRef> status = answer.json->root().find("Response")->find("SendStatus");
    if (!status || member(*status, "CallId").empty()) return unreadable_answer(answer.status);
    Receipt receipt = tencent_receipt("Ok", {});
    receipt.provider_id = member(*status, "CallId");
    return receipt;
  }

 private:
  TencentClient client_;
  PhoneSetup setup_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_tencent_voice(const PhoneSetup& setup, const ChannelWorld& world) {
  Result<TencentClient> client = TencentClient::open("voice", setup, world.tencent_voice, {"vms", "2020-09-02"}, world);
  if (!client) return client.error();
  return std::unique_ptr<Channel>(std::make_unique<TencentVoice>(*std::move(client), setup));
}

}  // namespace finwatch::notifier
