// One call over HTTP, to the end. All that the command line knows of libcurl is in http.cpp.
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

#include "core/result.h"
#include "core/secret.h"

namespace finwatch::rules {

struct HttpRequest {
  std::string url;
  std::optional<std::string> form;  // posted when there is one: name=value&…, with url_part() of each value
  std::string accept = "*/*";
  std::string user;  // with the password: HTTP basic authentication
  Secret password;
  Secret bearer;        // a token; not beside a user
  std::string ca_file;  // PEM of those who may sign the server's certificate; empty: the system's
  std::chrono::milliseconds timeout{15'000};
  std::size_t most_bytes = std::size_t{64} << 20;  // of the body, unpacked
};

struct HttpReply {
  long status = 0;
  std::string body;
};

/// timeout; permission for a certificate that nobody here trusts; config for a URL or a ca_file that is none; malformed for an
/// answer that is cut, too large or wrongly packed; unavailable for everything else. The message does not name the URL.
Result<HttpReply> http(const HttpRequest& asked);

/// As it may stand in a query or a form.
std::string url_part(std::string_view text);

}  // namespace finwatch::rules
