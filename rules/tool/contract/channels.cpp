#include "rules/tool/contract/channels.h"

#include "core/text.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

constexpr std::string_view kVariables[] = {"id", "service", "severity", "class", "time", "code", "title"};

// A secret in the contract would be copied into every file that is made of it.
void refuse_secret(MapReader& reader, std::string_view key) {
  const std::string file = std::string(key) + "_file";
  if (reader.has(key))
    reader.fail(key, reader.path_of(key) + ": no secret belongs here: put it into a file and name that with '" + file + "'");
}

// Two programs read what is made of the contract, each from its own folder.
std::string secret_file(MapReader& reader, std::string_view key, bool required = false) {
  const std::string file = std::string(key) + "_file";
  refuse_secret(reader, key);
  const std::string path = required ? reader.required_text(file) : reader.text(file);
  if (!path.empty() && !path.starts_with('/'))
    reader.fail(file, reader.path_of(file) + ": expected a whole path such as /etc/finwatch/" + std::string(key) + ", found '" +
                          valid_utf8(path) + "'");
  return path;
}

int most(MapReader& reader, std::string_view key, int fallback) {
  return static_cast<int>(reader.integer(key, fallback, 1, 100000));
}

Result<EmailChannel> read_email(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  EmailChannel email{.smarthost = reader.required_text("smarthost"),
                     .from = reader.required_text("from"),
                     .user = reader.text("user"),
                     .password_file = secret_file(reader, "password"),
                     .require_tls = reader.boolean("require_tls", true),
                     .fallback = reader.required_text("fallback"),
                     .where = value.where};
  if (!email.smarthost.empty() && !is_address(email.smarthost))
    reader.fail("smarthost", reader.path_of("smarthost") + ": expected host:port such as mail.example.com:587, found '" +
                                 valid_utf8(email.smarthost) + "'");
  if (!email.from.empty() && email.from.find('@') == std::string::npos)
    reader.fail("from", reader.path_of("from") + ": expected an address with an @, found '" + valid_utf8(email.from) + "'");
  if (email.user.empty() != email.password_file.empty() && !reader.has("password"))
    reader.fail(value, path + ": 'user' and 'password_file' go together");
  if (Status status = reader.finish(); !status) return status.error();
  return email;
}

Result<NotifierChannel> read_notifier(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  NotifierChannel notifier{
      .url = reader.required_text("url"), .token_file = secret_file(reader, "token"), .where = value.where};
  if (!notifier.url.empty() && !notifier.url.starts_with("http://") && !notifier.url.starts_with("https://"))
    reader.fail("url", reader.path_of("url") + ": expected an address such as http://127.0.0.1:19605/alertmanager, found '" +
                           valid_utf8(notifier.url) + "'");
  if (Status status = reader.finish(); !status) return status.error();
  return notifier;
}

// How many messages a minute the service takes from one robot before it throttles.
Result<RobotChannel> read_robot(const Tree& value, const std::string& path, bool signs, int fastest) {
  MapReader reader(value, path);
  RobotChannel robot{.url_file = secret_file(reader, "url", true),
                     .secret_file = signs ? secret_file(reader, "secret") : std::string(),
                     .most_per_minute = most(reader, "most_per_minute", fastest),
                     .where = value.where};
  if (robot.most_per_minute > fastest)
    reader.fail("most_per_minute", reader.path_of("most_per_minute") + ": expected at most " + std::to_string(fastest) +
                                       ": the service throttles a robot that sends more");
  if (Status status = reader.finish(); !status) return status.error();
  return robot;
}

HttpCall read_call(MapReader& reader, Status& status) {
  HttpCall call;
  call.url_file = secret_file(reader, "url", true);
  call.method = reader.text("method", call.method);
  call.content_type = reader.text("content_type", call.content_type);
  call.body = reader.text("body");
  if (call.method != "POST" && call.method != "GET" && call.method != "PUT")
    reader.fail("method", reader.path_of("method") + ": expected POST, PUT or GET, found '" + valid_utf8(call.method) + "'");
  if (const Tree* success = reader.map("success")) {
    MapReader below(*success, reader.path_of("success"));
    call.success_pointer = below.required_text("pointer");
    call.success_equals = below.required_text("equals");
    if (!call.success_pointer.empty() && !call.success_pointer.starts_with('/'))
      below.fail("pointer", below.path_of("pointer") + ": expected a JSON pointer such as /code, found '" +
                                valid_utf8(call.success_pointer) + "'");
    if (Status read = below.finish(); !read && status) status = read;
  }
  return call;
}

Result<HttpChannel> read_http(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Status call = ok();
  HttpChannel http{
      .call = read_call(reader, call), .most_per_minute = most(reader, "most_per_minute", 60), .where = value.where};
  if (Status status = reader.finish(); !status) return status.error();
  if (!call) return call.error();
  return http;
}

void read_provider_keys(MapReader& reader, PhoneChannel& phone, bool voice) {
  phone.region = reader.text("region", phone.provider == Provider::aliyun ? "cn-hangzhou" : "ap-guangzhou");
  phone.key_id_file = secret_file(reader, "key_id", true);
  phone.key_secret_file = secret_file(reader, "key_secret", true);
  phone.template_code = reader.required_text("template");
  if (phone.provider == Provider::tencent) phone.app = reader.required_text("app");
  if (voice)
    phone.caller = reader.text("caller");
  else
    phone.sign_name = reader.required_text("sign_name");
}

Result<PhoneChannel> read_phone(const Tree& value, const std::string& path, bool voice) {
  MapReader reader(value, path);
  PhoneChannel phone;
  phone.where = value.where;
  Status call = ok();
  const std::string provider = reader.required_text("provider");
  if (!provider.empty())
    if (Status known = check_known(value.find("provider")->where, path + ".provider", "provider", provider, kProviders); !known)
      return known.error();
  for (std::size_t i = 0; i < kProviders.size(); ++i)
    if (kProviders[i] == provider) phone.provider = static_cast<Provider>(i);
  if (phone.provider == Provider::http)
    phone.call = read_call(reader, call);
  else
    read_provider_keys(reader, phone, voice);
  phone.variables = reader.texts("variables");
  phone.most_per_day = most(reader, "most_per_day", voice ? 20 : 50);
  if (Status status = reader.finish(); !status) return status.error();
  if (!call) return call.error();
  for (const std::string& variable : phone.variables)
    if (Status known = check_known(value.find("variables")->where, path + ".variables", "variable", variable, kVariables);
        !known)
      return known.error();
  return phone;
}

// A channel that need not be there.
template <class T, class Read>
Status read_channel(MapReader& reader, std::string_view key, std::optional<T>& into, Read read) {
  const Tree* value = reader.map(key);
  if (value == nullptr) return ok();
  Result<T> channel = read(*value, reader.path_of(key));
  if (!channel) return channel.error();
  into = std::move(*channel);
  return ok();
}

auto robot(bool signs, int fastest) {
  return [=](const Tree& value, const std::string& path) { return read_robot(value, path, signs, fastest); };
}
auto phone(bool voice) {
  return [=](const Tree& value, const std::string& path) { return read_phone(value, path, voice); };
}

}  // namespace

Status read_channels(const Tree& value, Contract& contract) {
  MapReader reader(value, "channels");
  Channels& channels = contract.channels.emplace();
  channels.where = value.where;
  const Status parts[] = {read_channel(reader, "email", channels.email, read_email),
                          read_channel(reader, "notifier", channels.notifier, read_notifier),
                          read_channel(reader, "dingtalk", channels.dingtalk, robot(true, 20)),
                          read_channel(reader, "wecom", channels.wecom, robot(false, 20)),
                          read_channel(reader, "feishu", channels.feishu, robot(true, 100)),
                          read_channel(reader, "sms", channels.sms, phone(false)),
                          read_channel(reader, "voice", channels.voice, phone(true)),
                          read_channel(reader, "http", channels.http, read_http)};
  if (!channels.email && !channels.notifier)
    reader.fail(value, "channels: expected 'email', 'notifier' or both: nobody else is told by Alertmanager");
  if (Status status = reader.finish(); !status) return status;
  for (const Status& part : parts)
    if (!part) return part;
  return ok();
}

}  // namespace finwatch::rules
