// Text messages by Aliyun: SendSms and QuerySendDetails of 2017-05-25.
#include "conf/zone.h"
#include "core/text.h"
#include "notifier/channel/aliyun.h"
#include "notifier/channel/phone_text.h"

namespace finwatch::notifier {
namespace {

constexpr int kPageSize = 50, kMostPages = 20, kMostDays = 3;

// Days are those of Beijing, which has had no summer time since 1991.
Day day_in_china(WallTime at) { return day_of(Zone().local(at + std::chrono::hours{8})); }

// "20261201"
std::string compact(Day day) {
  std::string text;
  for (const char c : to_text(day))
    if (c != '-') text += c;
  return text;
}

class AliyunSms final : public Channel {
 public:
  AliyunSms(AliyunClient client, PhoneSetup setup) : client_(std::move(client)), setup_(std::move(setup)) {}

  Receipt send(const Message& message, SteadyTime deadline) override {
    if (number_of(message).empty()) return no_number();
    const ProviderAnswer answer =
        client_.call("SendSms",
                     {{"PhoneNumbers", aliyun_number(number_of(message))},
                      {"SignName", setup_.sign_name},
                      {"TemplateCode", setup_.template_code},
                      {"TemplateParam", json_of(phone_variables(message, setup_.variables, kLongestVariable))},
                      {"OutId", message.reference}},
                     deadline);
    if (!answer.json) return answer.receipt;
    Receipt receipt = aliyun_receipt(answer);
    receipt.provider_id = member(answer.json->root(), "BizId");
    return receipt;
  }

  // What was taken is listed at once, whatever becomes of it; so a whole list without it means no.
  Taken ask(const Message& message, SteadyTime deadline) override {
    if (number_of(message).empty()) return Taken::cannot_tell;
    const Day first = day_in_china(message.first_attempt), last = day_in_china(client_.clock().wall());
    if (last < first || last - first >= std::chrono::days{kMostDays}) return Taken::cannot_tell;
    for (Day day = first; day <= last; day += std::chrono::days{1})
      if (const Taken taken = ask_day(message, day, deadline); taken != Taken::no) return taken;
    return Taken::no;
  }

 private:
  Taken ask_day(const Message& message, Day day, SteadyTime deadline) const {
    std::size_t seen = 0;
    for (int page = 1; page <= kMostPages; ++page) {
      const ProviderAnswer answer = client_.call("QuerySendDetails",
                                                 {{"PhoneNumber", aliyun_number(number_of(message))},
                                                  {"SendDate", compact(day)},
                                                  {"PageSize", std::to_string(kPageSize)},
                                                  {"CurrentPage", std::to_string(page)}},
                                                 deadline);
      if (!answer.json || member(answer.json->root(), "Code") != "OK") return Taken::cannot_tell;
      const auto total = to_number<std::size_t>(member(answer.json->root(), "TotalCount"));
      const std::optional<JsonRef> lists = answer.json->root().find("SmsSendDetailDTOs");
      const std::optional<JsonRef> list = lists ? lists->find("SmsSendDetailDTO") : std::nullopt;
      if (total == std::size_t{0}) return Taken::no;
      if (!total || !list || list->kind() != JsonRef::Kind::list) return Taken::cannot_tell;
      for (auto row = list->first(); row; row = row->next())
        if (member(*row, "OutId") == message.reference) return Taken::yes;
      seen += list->size();
      if (seen >= *total) return Taken::no;
      if (list->size() == 0) return Taken::cannot_tell;  // it counts more than it shows
    }
    return Taken::cannot_tell;
  }

  AliyunClient client_;
  PhoneSetup setup_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_aliyun_sms(const PhoneSetup& setup, const ChannelWorld& world) {
  Result<AliyunClient> client = AliyunClient::open("sms", setup, world.aliyun_sms, world);
  if (!client) return client.error();
  return std::unique_ptr<Channel>(std::make_unique<AliyunSms>(*std::move(client), setup));
}

}  // namespace finwatch::notifier
