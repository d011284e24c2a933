// What the signed calls of Aliyun and Tencent Cloud share: keys, hosts, clocks and numbers as they write them.
//
//   Result<ProviderKeys> keys = read_provider_keys("channels.sms", setup);
//   host_of("https://sms.tencentcloudapi.com/");     // "sms.tencentcloudapi.com"
//   international_number("13800000001");             // "+8613800000001"
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"
#include "core/secret.h"
#include "notifier/channel/channel.h"

namespace finwatch::notifier {

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Of a variable in a template, in characters.
inline constexpr std::size_t kLongestVariable = 35;

struct ProviderKeys {
  Secret id, secret;
};

/// config, with the key of the configuration and the file, when one is missing or empty. `channel`: "channels.sms".
Result<ProviderKeys> read_provider_keys(std::string_view channel, const PhoneSetup& setup);

/// Host, and the port where it is not the usual one, as the header Host has it: providers sign it.
std::string host_of(std::string_view url);

/// "2026-12-01T08:30:00Z"
std::string utc_time(WallTime at);

/// A number without blanks and hyphens, beginning with +; one without a country is of China.
std::string international_number(std::string_view number);
/// As Aliyun wants it: eleven digits for the mainland, else the country and the number, without +.
std::string aliyun_number(std::string_view number);

/// The number of the one it is for; empty when there is none.
std::string_view number_of(const Message& message);
Receipt no_number();

/// The value of a member as text; empty when there is none.
std::string_view member(const JsonRef& map, std::string_view name);
/// {"id":"INC-42"}: every value is a text.
std::string json_of(const Parameters& variables);

}  // namespace finwatch::notifier
