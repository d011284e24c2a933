#include "notifier/channel/tencent.h"

#include "core/base64.h"
#include "core/json_text.h"
#include "crypto/crypto.h"
#include "notifier/channel/setup_files.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kAlgorithm = "TC3-HMAC-SHA256";
constexpr std::string_view kContentType = "application/json; charset=utf-8";
constexpr std::string_view kSigned = "content-type;host";

std::string seconds_of(WallTime at) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

}  // namespace

Result<std::string> tc3_authorization(const TencentRequest& request, const ProviderKeys& keys, WallTime at) {
  const Result<std::string> body = digest(Hash::sha256, request.body);
  if (!body) return body.error();
  std::string canonical = "POST\n/\n\ncontent-type:";
  canonical.append(kContentType).append("\nhost:").append(request.host).append("\n\n").append(kSigned);
  canonical.append("\n").append(to_hex(*body));
  const Result<std::string> canonical_digest = digest(Hash::sha256, canonical);
  if (!canonical_digest) return canonical_digest.error();

  const std::string date = utc_time(at).substr(0, 10);
  const std::string scope = date + "/" + request.service + "/tc3_request";
  const std::string text =
      std::string(kAlgorithm).append("\n").append(seconds_of(at)).append("\n") + scope + "\n" + to_hex(*canonical_digest);
  // Each is the key of the next one, and the last is the signature.
  Secret key(std::string("TC3").append(keys.secret.reveal()));
  for (const std::string_view part :
       {std::string_view(date), std::string_view(request.service), std::string_view("tc3_request"), std::string_view(text)}) {
    Result<std::string> next = hmac(Hash::sha256, key.reveal(), part);
    if (!next) return next.error();
    key = Secret(*std::move(next));
  }
  return std::string(kAlgorithm)
      .append(" Credential=")
      .append(keys.id.reveal())
      .append("/")
      .append(scope)
      .append(", SignedHeaders=")
      .append(kSigned)
      .append(", Signature=")
      .append(to_hex(key.reveal()));
}

TencentClient::TencentClient(std::string url, std::string ca_file, std::string region, TencentService service,
                             ProviderKeys keys, const Clock& clock)
    : url_(std::move(url)),
      ca_file_(std::move(ca_file)),
      region_(std::move(region)),
      service_(std::move(service)),
      keys_(std::move(keys)),
      clock_(&clock) {}

Result<TencentClient> TencentClient::open(std::string_view channel, const PhoneSetup& setup, const std::string& url,
                                          TencentService service, const ChannelWorld& world) {
  if (Status good = check_url(std::string("providers.tencent_").append(channel), url, Wire::house); !good) return good.error();
  Result<ProviderKeys> keys = read_provider_keys(std::string("channels.").append(channel), setup);
  if (!keys) return keys.error();
  std::string address = url;
  while (address.ends_with('/')) address.pop_back();
  std::string region = setup.region.empty() ? "ap-guangzhou" : setup.region;
  return TencentClient(std::move(address), world.ca_file, std::move(region), std::move(service), *std::move(keys),
                       clock_of(world));
}

ProviderAnswer TencentClient::call(std::string_view action, std::string body, SteadyTime deadline) const {
  const WallTime now = clock_->wall();
  const Result<std::string> signature = tc3_authorization({host_of(url_), service_.name, body}, keys_, now);
  if (!signature) return {{}, 0, receipt_of_failure(signature.error(), false)};
  return ask_provider(
      {.url = url_ + "/",
       .method = {},
       .form = {},
       .body = std::move(body),
       .content_type = std::string(kContentType),
       .headers = {std::string("X-TC-Action: ").append(action), "X-TC-Version: " + service_.version,
                   "X-TC-Timestamp: " + seconds_of(now), "X-TC-Region: " + region_, "Authorization: " + *signature},
       .accept = "application/json",
       .user = {},
       .password = {},
       .bearer = {},
       .ca_file = ca_file_},
      deadline, *clock_);
}

std::optional<Receipt> tencent_failure(const ProviderAnswer& answer) {
  if (!answer.json) return answer.receipt;
  const std::optional<JsonRef> response = answer.json->root().find("Response");
  if (!response || response->kind() != JsonRef::Kind::map) return unreadable_answer(answer.status);
  const std::optional<JsonRef> error = response->find("Error");
  if (!error || error->kind() != JsonRef::Kind::map) return std::nullopt;
  return tencent_receipt(member(*error, "Code"), member(*error, "Message"));
}

std::string json_values(const Parameters& variables) {
  JsonMembers list('[');
  for (const auto& variable : variables) list.add(json_text(variable.second));
  return list.end();
}

}  // namespace finwatch::notifier
