#include "notifier/channel/aliyun.h"

#include <algorithm>
#include <array>

#include "core/base64.h"
#include "crypto/crypto.h"
#include "notifier/channel/setup_files.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kAlgorithm = "ACS3-HMAC-SHA256";
constexpr std::string_view kVersion = "2017-05-25";
constexpr std::string_view kSigned = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";

std::string new_nonce() {
  std::array<unsigned char, 16> bytes{};
  secure_random().fill(bytes);
  std::string text;
  for (const unsigned char byte : bytes) text += static_cast<char>(byte);
  return to_hex(text);
}

}  // namespace

std::string aliyun_query(Parameters parameters) {
  std::sort(parameters.begin(), parameters.end());
  std::string query;
  for (const auto& [name, value] : parameters) {
    if (!query.empty()) query += '&';
    query.append(url_part(name)).append("=").append(url_part(value));
  }
  return query;
}

Result<std::vector<std::string>> acs3_headers(const AliyunRequest& request, const ProviderKeys& keys, std::string_view nonce,
                                              WallTime at) {
  const Result<std::string> empty = digest(Hash::sha256, "");
  if (!empty) return empty.error();
  const std::string body_digest = to_hex(*empty);
  std::vector<std::string> headers{"x-acs-action:" + request.action, "x-acs-content-sha256:" + body_digest,
                                   "x-acs-date:" + utc_time(at), std::string("x-acs-signature-nonce:").append(nonce),
                                   "x-acs-version:" + request.version};
  std::string canonical = "POST\n/\n" + request.query + "\nhost:" + request.host + "\n";
  for (const std::string& header : headers) canonical += header + "\n";
  canonical.append("\n").append(kSigned).append("\n").append(body_digest);
  const Result<std::string> canonical_digest = digest(Hash::sha256, canonical);
  if (!canonical_digest) return canonical_digest.error();
  const Result<std::string> signature =
      hmac(Hash::sha256, keys.secret.reveal(), std::string(kAlgorithm).append("\n").append(to_hex(*canonical_digest)));
  if (!signature) return signature.error();
  headers.push_back(std::string("Authorization:")
                        .append(kAlgorithm)
                        .append(" Credential=")
                        .append(keys.id.reveal())
                        .append(",SignedHeaders=")
                        .append(kSigned)
                        .append(",Signature=")
                        .append(to_hex(*signature)));
  return headers;
}

AliyunClient::AliyunClient(std::string url, std::string ca_file, ProviderKeys keys, const Clock& clock)
    : url_(std::move(url)), ca_file_(std::move(ca_file)), keys_(std::move(keys)), clock_(&clock) {}

Result<AliyunClient> AliyunClient::open(std::string_view channel, const PhoneSetup& setup, const std::string& url,
                                        const ChannelWorld& world) {
  if (Status good = check_url(std::string("providers.aliyun_").append(channel), url, Wire::house); !good) return good.error();
  Result<ProviderKeys> keys = read_provider_keys(std::string("channels.").append(channel), setup);
  if (!keys) return keys.error();
  std::string address = url;
  while (address.ends_with('/')) address.pop_back();
  return AliyunClient(std::move(address), world.ca_file, *std::move(keys), clock_of(world));
}

ProviderAnswer AliyunClient::call(std::string_view action, Parameters parameters, SteadyTime deadline) const {
  const AliyunRequest asked{host_of(url_), std::string(action), std::string(kVersion), aliyun_query(std::move(parameters))};
  Result<std::vector<std::string>> headers = acs3_headers(asked, keys_, new_nonce(), clock_->wall());
  if (!headers) return {{}, 0, receipt_of_failure(headers.error(), false)};
  headers->push_back("Content-Type:");  // none: what is sent would have to be signed
  return ask_provider({.url = url_ + "/?" + asked.query,
                       .method = {},
                       .form = "",
                       .body = {},
                       .headers = *std::move(headers),
                       .accept = "application/json",
                       .user = {},
                       .password = {},
                       .bearer = {},
                       .ca_file = ca_file_},
                      deadline, *clock_);
}

Receipt aliyun_receipt(const ProviderAnswer& answer) {
  const std::string_view code = member(answer.json->root(), "Code");
  if (code.empty()) return unreadable_answer(answer.status);
  return aliyun_receipt(code, member(answer.json->root(), "Message"));
}

}  // namespace finwatch::notifier
