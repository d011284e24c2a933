// One call over HTTP, to the end. All that its users know of libcurl is in http.cpp.
//
//   Result<HttpReply> reply = http({.url = "http://127.0.0.1:9090/-/ready", .timeout = 15s});
//   if (!reply) return reply.error();                              // "Failed to connect to 127.0.0.1 port 9090 …"
//   if (reply->status == 200) use(reply->body);
//
// Never retried, no redirect followed, no proxy taken from the environment: a monitoring server stands in the same network.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/secret.h"

namespace finwatch {

struct HttpRequest {
  std::string url;
  std::string method;               // empty: POST with a form or a body, else GET
  std::optional<std::string> form;  // posted when there is one: name=value&…, with url_part() of each value
  std::optional<std::string> body;  // the same, of the type `content_type`; not beside a form
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::string> headers;  // "X-TC-Action: SendSms"; no line breaks
  std::string accept = "*/*";
  std::string user;  // with the password: HTTP basic authentication
  Secret password;
  Secret bearer;        // a token; not beside a user
  std::string ca_file;  // PEM of those who may sign the server's certificate; empty: the system's
  std::chrono::milliseconds timeout{15'000};
  std::size_t most_bytes = std::size_t{64} << 20;  // of the body, unpacked
  bool* reached = nullptr;  // set to whether any of the request may have come to the server, also when the call failed
};

struct HttpReply {
  long status = 0;
  std::string body;
};

/// timeout; permission for a certificate that nobody here trusts; config for a URL or a ca_file that is none; malformed for an
/// answer that is cut, too large or wrongly packed; unavailable for everything else. The message does not name the URL.
Result<HttpReply> http(const HttpRequest& asked);

/// Sets libcurl and OpenSSL up, once; whoever makes a handle of libcurl calls it first. It touches 1 MiB of their code that nothing
/// needs again: called at the start, forget_the_start() gives that back. internal: libcurl refuses.
Status prepare_curl();

/// As it may stand in a query or a form.
std::string url_part(std::string_view text);

}  // namespace finwatch
