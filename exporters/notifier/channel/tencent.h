// Calls of Tencent Cloud, signed with TC3-HMAC-SHA256 (cloud.tencent.com, "Signature v3").
//
//   Result<TencentClient> client = TencentClient::open("sms", setup, world.tencent_sms, {"sms", "2021-01-11"}, world);
//   const ProviderAnswer answer = client->call("SendSms", body, deadline);
//   if (const auto failed = tencent_failure(answer)) return *failed;
//   const JsonRef response = *answer.json->root().find("Response");
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notifier/channel/phone_provider.h"
#include "notifier/channel/verdict.h"

namespace finwatch::notifier {

/// What is signed: a POST of JSON to /. `service` is the first word of the host's usual name.
struct TencentRequest {
  std::string host, service, body;
};

/// The value of Authorization; Content-Type must be "application/json; charset=utf-8". internal when the digest is not there.
Result<std::string> tc3_authorization(const TencentRequest& request, const ProviderKeys& keys, WallTime at);

struct TencentService {
  std::string name, version;
};

class TencentClient {
 public:
  /// config when a file with a key is missing, or the address is none. `channel`: "sms" or "voice".
  static Result<TencentClient> open(std::string_view channel, const PhoneSetup& setup, const std::string& url,
                                    TencentService service, const ChannelWorld& world);

  ProviderAnswer call(std::string_view action, std::string body, SteadyTime deadline) const;
  const Clock& clock() const { return *clock_; }

 private:
  TencentClient(std::string url, std::string ca_file, std::string region, TencentService service, ProviderKeys keys,
                const Clock& clock);

  std::string url_, ca_file_, region_;
  TencentService service_;
  ProviderKeys keys_;
  const Clock* clock_;
};

/// Why the call as a whole failed; nothing when the answer has a Response without an Error.
std::optional<Receipt> tencent_failure(const ProviderAnswer& answer);
/// What a code means, of a call or of one number. Limits by the hour and the day are refused: another channel tells sooner.
Receipt tencent_receipt(std::string_view code, std::string_view message);

/// ["INC-42","凭证录入"]: the values alone, in their order.
std::string json_values(const Parameters& variables);

}  // namespace finwatch::notifier
