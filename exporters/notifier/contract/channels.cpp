#include "notifier/contract/channels.h"

#include <algorithm>

#include "core/text.h"
#include "notifier/contract/read.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kProviders[] = {"aliyun", "tencent", "http"};  // as Provider counts
constexpr std::string_view kVariables[] = {"id", "service", "severity", "class", "time", "code", "title"};
constexpr std::string_view kMethods[] = {"POST", "PUT", "GET"};

// The path of a file with a secret; its content is read when the channel is opened.
std::string secret_path(MapReader& reader, const Tree& map, std::string_view key) {
  const std::string path = reader.text(key);
  return path.empty() ? path : map.where.beside(path);
}
std::string required_path(MapReader& reader, const Tree& map, std::string_view key) {
  const std::string path = reader.required_text(key);
  return path.empty() ? path : map.where.beside(path);
}

int most(MapReader& reader, std::string_view key, int fallback) {
  return static_cast<int>(reader.integer(key, fallback, 1, 100'000));
}

Result<EmailSetup> read_email(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  EmailSetup email{.smarthost = reader.required_text("smarthost"),
                   .from = reader.required_text("from"),
                   .user = reader.text("user"),
                   .password_file = secret_path(reader, value, "password_file"),
                   .require_tls = reader.boolean("require_tls", true)};
  const std::size_t colon = email.smarthost.rfind(':');
  const auto port =
      colon == std::string::npos ? std::nullopt : to_number<int>(std::string_view(email.smarthost).substr(colon + 1));
  if (!email.smarthost.empty() && (!port || *port < 1 || *port > 65535 || colon == 0))
    reader.fail("smarthost", path + ".smarthost: expected host:port such as mail.example.com:587, found '" +
                                 valid_utf8(email.smarthost) + "'");
  if (email.user.empty() != email.password_file.empty()) reader.fail(value, path + ": 'user' and 'password_file' go together");
  if (Status status = reader.finish(); !status) return status.error();
  return email;
}

Result<RobotSetup> read_robot(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  RobotSetup robot{.url_file = required_path(reader, value, "url_file"),
                   .secret_file = secret_path(reader, value, "secret_file"),
                   .most_per_minute = most(reader, "most_per_minute", 20)};
  if (Status status = reader.finish(); !status) return status.error();
  return robot;
}

Status read_success(const Tree& value, const std::string& path, HttpCallSetup& call) {
  MapReader reader(value, path);
  call.success_pointer = reader.required_text("pointer");
  call.success_equals = reader.required_text("equals");
  if (!call.success_pointer.empty() && !call.success_pointer.starts_with('/'))
    reader.fail("pointer",
                path + ".pointer: expected a JSON pointer such as /code, found '" + valid_utf8(call.success_pointer) + "'");
  return reader.finish();
}

// Its keys stand among those of its channel.
HttpCallSetup read_call(MapReader& reader, const Tree& value, Status& success) {
  HttpCallSetup call;
  call.url_file = required_path(reader, value, "url_file");
  call.method = reader.text("method", call.method);
  call.content_type = reader.text("content_type", call.content_type);
  call.body = reader.text("body");
  if (std::find(std::begin(kMethods), std::end(kMethods), call.method) == std::end(kMethods))
    reader.fail("method", reader.path_of("method") + ": expected POST, PUT or GET, found '" + valid_utf8(call.method) + "'");
  if (const Tree* map = reader.map("success")) success = read_success(*map, reader.path_of("success"), call);
  return call;
}

void read_cloud(MapReader& reader, const Tree& value, PhoneSetup& phone) {
  phone.region = reader.text("region", phone.provider == Provider::aliyun ? "cn-hangzhou" : "ap-guangzhou");
  phone.key_id_file = required_path(reader, value, "key_id_file");
  phone.key_secret_file = required_path(reader, value, "key_secret_file");
  phone.template_code = reader.required_text("template");
  if (phone.provider == Provider::tencent) phone.app = reader.required_text("app");
}

enum class PhoneKind : unsigned char { sms, voice };

Result<PhoneSetup> read_phone(const Tree& value, const std::string& path, PhoneKind kind) {
  MapReader reader(value, path);
  PhoneSetup phone;
  Status success = ok();
  const std::string provider = reader.required_text("provider");
  if (!provider.empty())
    if (Status known = check_known(value.find("provider")->where, path + ".provider", "provider", provider, kProviders); !known)
      return known.error();
  for (std::size_t i = 0; i < std::size(kProviders); ++i)
    if (kProviders[i] == provider) phone.provider = static_cast<Provider>(i);
  if (phone.provider == Provider::http)
    phone.call = read_call(reader, value, success);
  else
    read_cloud(reader, value, phone);
  if (phone.provider != Provider::http && kind == PhoneKind::sms) phone.sign_name = reader.required_text("sign_name");
  if (phone.provider != Provider::http && kind == PhoneKind::voice) phone.caller = reader.text("caller");
  phone.variables = reader.texts("variables");
  phone.most_per_day = most(reader, "most_per_day", kind == PhoneKind::voice ? 20 : 50);
  if (Status status = reader.finish(); !status) return status.error();
  if (!success) return success.error();
  for (const std::string& variable : phone.variables)
    if (Status known = check_known(value.find("variables")->where, path + ".variables", "variable", variable, kVariables);
        !known)
      return known.error();
  return phone;
}

Result<HttpSetup> read_http(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Status success = ok();
  HttpSetup http{.call = read_call(reader, value, success), .most_per_minute = most(reader, "most_per_minute", 60)};
  if (Status status = reader.finish(); !status) return status.error();
  if (!success) return success.error();
  return http;
}

// A channel that need not be there.
template <class T, class Read>
Status read_channel(const Tree* value, const std::string& path, std::optional<T>& into, Read read) {
  if (value == nullptr) return ok();
  Result<T> channel = read(*value, path);
  if (!channel) return channel.error();
  into = std::move(*channel);
  return ok();
}

auto phone(PhoneKind kind) {
  return [kind](const Tree& value, const std::string& path) { return read_phone(value, path, kind); };
}

}  // namespace

std::optional<ChannelKind> channel_kind(std::string_view name) {
  const auto at = std::find(kChannelNames.begin(), kChannelNames.end(), name);
  if (at == kChannelNames.end()) return std::nullopt;
  return static_cast<ChannelKind>(at - kChannelNames.begin());
}

bool ChannelSetups::has(ChannelKind kind) const {
  switch (kind) {
    case ChannelKind::email: return email.has_value();
    case ChannelKind::dingtalk: return dingtalk.has_value();
    case ChannelKind::wecom: return wecom.has_value();
    case ChannelKind::feishu: return feishu.has_value();
    case ChannelKind::sms: return sms.has_value();
    case ChannelKind::voice: return voice.has_value();
    case ChannelKind::http: return http.has_value();
    case ChannelKind::command:
    case ChannelKind::console: return false;  // of this machine; delivery.instead names them
  }
  return false;
}

Status read_channels(const Tree& section, ChannelSetups& channels) {
  MapReader reader(section, "channels");
  const Status parts[] = {read_channel(reader.map("email"), "channels.email", channels.email, read_email),
                          read_channel(reader.map("dingtalk"), "channels.dingtalk", channels.dingtalk, read_robot),
                          read_channel(reader.map("wecom"), "channels.wecom", channels.wecom, read_robot),
                          read_channel(reader.map("feishu"), "channels.feishu", channels.feishu, read_robot),
                          read_channel(reader.map("sms"), "channels.sms", channels.sms, phone(PhoneKind::sms)),
                          read_channel(reader.map("voice"), "channels.voice", channels.voice, phone(PhoneKind::voice)),
                          read_channel(reader.map("http"), "channels.http", channels.http, read_http)};
  if (Status status = reader.finish(); !status) return status;
  for (const Status& part : parts)
    if (!part) return part;
  return ok();
}

}  // namespace finwatch::notifier
