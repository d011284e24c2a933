// One letter to a mail server, by libcurl, and what the server's answer means.
//
//   const Receipt receipt = send_letter({.url = "smtp://mail.example.com:25", .from = …, .to = …, .text = …, .timeout = 10s});
//
//   it was not asked to take the letter, or not all of it arrived     later    "connect", "timeout"
//   4xx                                                               later    "451"
//   5xx                                                               refused  "550"
//   no STARTTLS where TLS must be, a certificate nobody trusts,
//     no AUTH where there is a password                               refused  "no_tls", "certificate", "no_auth"
//   the whole letter left, and no answer came                         unknown  "cut", "timeout"
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.h"
#include "notifier/channel/channel.h"

namespace finwatch::notifier {

/// "host:587" as "smtp://host:587"; of port 465 "smtps://host:465". config for what is neither.
Result<std::string> smtp_url(std::string_view smarthost);

struct SmtpCall {
  std::string url;
  std::string from;
  std::vector<std::string> to;
  std::string text;  // lines end in CRLF
  std::string user;  // empty: no AUTH
  Secret password;
  bool require_tls = true;
  std::string ca_file;
  std::chrono::milliseconds timeout{10'000};
};

Receipt send_letter(const SmtpCall& asked);

}  // namespace finwatch::notifier
