// How each channel is set up, as notifier.yml has it under `channels`.
//
//   if (contract.channels.dingtalk) connect(contract.channels.dingtalk->url_file);
//
// Keys and addresses that are secrets stand in files of their own; they are read when the channels are opened.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace finwatch::notifier {

enum class ChannelKind : unsigned char { email, dingtalk, wecom, feishu, sms, voice, http, command, console };
inline constexpr std::array<std::string_view, 9> kChannelNames = {"email", "dingtalk", "wecom",   "feishu", "sms",
                                                                  "voice", "http",     "command", "console"};
constexpr std::string_view to_string(ChannelKind kind) { return kChannelNames[static_cast<std::size_t>(kind)]; }
std::optional<ChannelKind> channel_kind(std::string_view name);

/// Rings a telephone, which is for what needs an answer now.
constexpr bool is_phone(ChannelKind kind) { return kind == ChannelKind::sms || kind == ChannelKind::voice; }
/// Speaks to one person; the others speak to a group, and name those who are meant.
constexpr bool is_personal(ChannelKind kind) { return kind == ChannelKind::email || is_phone(kind); }

struct EmailSetup {
  std::string smarthost, from, user, password_file;  // smarthost as host:port; port 465 is TLS from the first byte
  bool require_tls = true;
};

/// A robot in a group of DingTalk, WeCom or Feishu. The address has the robot's key in it.
struct RobotSetup {
  std::string url_file, secret_file;
  int most_per_minute = 20;
};

/// A request of the house's own gateway.
struct HttpCallSetup {
  std::string url_file, method = "POST", content_type = "application/json", body;
  std::string success_pointer, success_equals;  // a JSON pointer into the answer; none: a status of 2xx is enough
};

enum class Provider : unsigned char { aliyun, tencent, http };

/// Text messages, and calls.
struct PhoneSetup {
  Provider provider = Provider::aliyun;
  std::string region, key_id_file, key_secret_file, app, sign_name, template_code, caller;
  std::vector<std::string> variables;  // id, service, severity, class, time, code, title
  int most_per_day = 50;               // to one telephone
  HttpCallSetup call;                  // of the provider http
};

struct HttpSetup {
  HttpCallSetup call;
  int most_per_minute = 60;
};

struct ChannelSetups {
  std::optional<EmailSetup> email;
  std::optional<RobotSetup> dingtalk, wecom, feishu;
  std::optional<PhoneSetup> sms, voice;
  std::optional<HttpSetup> http;

  bool has(ChannelKind kind) const;
};

}  // namespace finwatch::notifier
