// Calls by Aliyun: SingleCallByTts of 2017-05-25. Whether a call was taken can only be asked with the CallId of an answer that
// says so; who has none cannot ask, so that ask() is left as it is.
#include "notifier/channel/aliyun.h"
#include "notifier/channel/phone_text.h"

namespace finwatch::notifier {
namespace {

class AliyunVoice final : public Channel {
 public:
  AliyunVoice(AliyunClient client, PhoneSetup setup) : client_(std::move(client)), setup_(std::move(setup)) {}

  Receipt send(const Message& message, SteadyTime deadline) override {
    if (number_of(message).empty()) return no_number();
    Parameters parameters{{"CalledNumber", aliyun_number(number_of(message))},
                          {"TtsCode", setup_.template_code},
                          {"TtsParam", json_of(phone_variables(message, setup_.variables, kLongestVariable))},
                          {"OutId", message.reference}};
    if (!setup_.caller.empty()) parameters.emplace_back("CalledShowNumber", setup_.caller);  // else one that all share
    const ProviderAnswer answer = client_.call("SingleCallByTts", std::move(parameters), deadline);
    if (!answer.json) return answer.receipt;
    Receipt receipt = aliyun_receipt(answer);
    receipt.provider_id = member(answer.json->root(), "CallId");
    return receipt;
  }

 private:
  AliyunClient client_;
  PhoneSetup setup_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_aliyun_voice(const PhoneSetup& setup, const ChannelWorld& world) {
  Result<AliyunClient> client = AliyunClient::open("voice", setup, world.aliyun_voice, world);
  if (!client) return client.error();
  return std::unique_ptr<Channel>(std::make_unique<AliyunVoice>(*std::move(client), setup));
}

}  // namespace finwatch::notifier
