// Calls of Aliyun, signed with ACS3-HMAC-SHA256 (help.aliyun.com, "V3 request structure and signature").
//
//   Result<AliyunClient> client = AliyunClient::open("sms", setup, world.aliyun_sms, world);
//   const ProviderAnswer answer = client->call("SendSms", {{"PhoneNumbers", number}, …}, deadline);
//   if (!answer.json) return answer.receipt;
//   return aliyun_receipt(answer);
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "notifier/channel/phone_provider.h"
#include "notifier/channel/verdict.h"

namespace finwatch::notifier {

/// Names and values as they stand in the query, sorted by name.
std::string aliyun_query(Parameters parameters);

/// What is signed: a POST to / without a body.
struct AliyunRequest {
  std::string host, action, version, query;
};

/// The headers of the request, Authorization among them; Host is left to who sends it. internal when the digest is not there.
Result<std::vector<std::string>> acs3_headers(const AliyunRequest& request, const ProviderKeys& keys, std::string_view nonce,
                                              WallTime at);

class AliyunClient {
 public:
  /// config when a file with a key is missing, or the address is none. `channel`: "sms" or "voice".
  static Result<AliyunClient> open(std::string_view channel, const PhoneSetup& setup, const std::string& url,
                                   const ChannelWorld& world);

  /// Of the version 2017-05-25, which text messages and calls have in common.
  ProviderAnswer call(std::string_view action, Parameters parameters, SteadyTime deadline) const;
  const Clock& clock() const { return *clock_; }

 private:
  AliyunClient(std::string url, std::string ca_file, ProviderKeys keys, const Clock& clock);

  std::string url_, ca_file_;
  ProviderKeys keys_;
  const Clock* clock_;
};

/// By Code and Message of the answer's body; it must have one.
Receipt aliyun_receipt(const ProviderAnswer& answer);
/// What a code means. Limits by the hour and the day are refused: another channel tells sooner than waiting for them.
Receipt aliyun_receipt(std::string_view code, std::string_view message);

}  // namespace finwatch::notifier
