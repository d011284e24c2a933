// By what ways people are told: the section `channels` of the contract. A secret is never in it, only the file that has it.
//
//   if (contract.channels && contract.channels->email) mail_by(contract.channels->email->smarthost);
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tree.h"

namespace finwatch::rules {

/// Alertmanager itself sends these mails: they come while the notifier does not.
struct EmailChannel {
  std::string smarthost, from, user, password_file;  // smarthost as host:port
  bool require_tls = true;
  std::string fallback;  // a duty of people: those who are told when a rota, or nobody, is to be told by e-mail
  Position where;
};

/// finwatch-notifier, which receives what Alertmanager posts.
struct NotifierChannel {
  std::string url, token_file;
  Position where;
};

/// A robot in a group of DingTalk, WeCom or Feishu. The address has the robot's key in it.
struct RobotChannel {
  std::string url_file, secret_file;
  int most_per_minute = 20;
  Position where;
};

/// A request of one's own: what a gateway of the house wants to be asked, and what says that it has done it.
struct HttpCall {
  std::string url_file, method = "POST", content_type = "application/json", body;
  std::string success_pointer, success_equals;  // a JSON pointer into the answer; none: a status of 2xx is enough
};

/// Who carries text messages and calls.
enum class Provider : unsigned char { aliyun, tencent, http };
inline constexpr std::array<std::string_view, 3> kProviders = {"aliyun", "tencent", "http"};
constexpr std::string_view to_string(Provider provider) { return kProviders[static_cast<std::size_t>(provider)]; }

/// SMS, and voice.
struct PhoneChannel {
  Provider provider = Provider::aliyun;
  std::string region, key_id_file, key_secret_file;
  std::string app;        // Tencent's SdkAppId
  std::string sign_name;  // the approved signature of text messages
  std::string template_code;
  std::vector<std::string> variables;  // of the template, in its order: id, service, severity, time, code
  std::string caller;                  // the number that calls show
  int most_per_day = 50;               // to one telephone
  HttpCall call;                       // of the provider http
  Position where;
};

struct HttpChannel {
  HttpCall call;
  int most_per_minute = 60;
  Position where;
};

struct Channels {
  std::optional<EmailChannel> email;
  std::optional<NotifierChannel> notifier;
  std::optional<RobotChannel> dingtalk, wecom, feishu;
  std::optional<PhoneChannel> sms, voice;
  std::optional<HttpChannel> http;
  Position where;
};

}  // namespace finwatch::rules
