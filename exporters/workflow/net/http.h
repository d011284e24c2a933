// HTTP as a prober needs it: every hop, every header and every phase is seen, and nothing waits past the deadline.
//
//   HttpClient client(loop, resolver, tls);
//   HttpCall call(client);
//   call.start({.url = "https://erp.example/login", .follow_redirects = true}, deadline, [](const HttpResult& result) {
//     result.status(), result.body, result.times[Phase::tls], result.tls->not_after …
//   });
//
// Redirects are followed here, one transfer a hop. A connection that is kept is taken up by the next call to the same peer with the
// same TLS options; when the server had just closed it, a request declared idempotent is sent once more, any other never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.h"
#include "workflow/net/call.h"
#include "workflow/net/cookies.h"
#include "workflow/net/loop.h"
#include "workflow/net/resolver.h"
#include "workflow/net/tls.h"

namespace finwatch::workflow {

struct Header {
  std::string name;
  std::string value;
};

enum class HttpVersion : unsigned char { http1_0, http1_1, http2 };
std::string_view to_string(HttpVersion version);  // "1.1"

/// Who we are: nobody, a user (basic) or the bearer of a token.
struct HttpAuth {
  std::string user;
  Secret password;
  Secret bearer;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // user and password in it are taken as `auth`
  std::vector<Header> headers;
  std::string body;
  std::string content_type;  // of the body
  HttpAuth auth;
  std::string proxy;  // http://host:port or socks5h://host:port; it looks up the name. Never from the environment.
  TlsOptions tls;
  IpFamily family = IpFamily::any;
  std::vector<Address> addresses;              // of the URL's host, which is then not looked up
  HttpVersion version = HttpVersion::http1_1;  // the highest; http2 on https only
  bool follow_redirects = false;
  int most_redirects = 10;
  CookieJar* cookies = nullptr;                  // the caller's; outlives the call
  std::size_t most_body = std::size_t{1} << 20;  // of the answer, unpacked; more is too_large
  bool keep_body = true;                         // false: it is only counted
  bool compressed = true;                        // the answer may come compressed
  bool keep_connection = false;                  // take up a kept one, and keep it afterwards
  bool idempotent = false;
  // Asked before each hop; false ends the call as NetError::permission. Empty: anywhere.
  std::function<bool(const Url&)> may_visit;
};

/// One request and its answer. A call has one, and one more for each redirect.
struct HttpHop {
  std::string url;  // without user
  int status = 0;   // 0: no answer
  HttpVersion version = HttpVersion::http1_1;
  std::vector<Header> headers;  // all, in their order
  PhaseTimes times;
  std::string remote;     // "192.0.2.7:443"; of the proxy when there is one
  bool reused = false;    // of a connection that was kept
  bool repeated = false;  // sent once more, because the kept connection was just closed
  std::shared_ptr<const TlsFacts> tls;

  /// The first header of that name, in any case.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct HttpResult {
  Outcome outcome;
  std::vector<HttpHop> hops;   // never empty; the last one is the answer
  std::string body;            // what came, up to most_body
  std::size_t body_bytes = 0;  // of the last body, unpacked
  std::uint64_t received = 0;  // bytes of the last body as they came over the wire
  std::uint64_t header_bytes = 0;
  PhaseTimes times;  // of all hops

  const HttpHop& last() const { return hops.back(); }
  int status() const { return last().status; }
  std::size_t redirects() const { return hops.size() - 1; }
};

/// The request as text for a person: URL without user, Authorization, Cookie and their like masked, the body as it is.
std::string describe(const HttpRequest& request);

struct HttpClientOptions {
  std::size_t most_idle_connections = 256;
  std::size_t most_idle_handles = 64;
};

class HttpClient {
 public:
  HttpClient(Loop& loop, Resolver& resolver, TlsStore& tls, HttpClientOptions options = {});
  /// After all its calls.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  std::uint64_t opened_sockets() const;  // so far

 private:
  friend class HttpCall;
  struct Body;
  std::unique_ptr<Body> body_;
};

class HttpCall {
 public:
  using Callback = std::function<void(HttpResult&&)>;

  explicit HttpCall(HttpClient& client);
  ~HttpCall();
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;

  void start(HttpRequest request, SteadyTime deadline, Callback callback);
  void cancel();

 private:
  friend class HttpClient;
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace finwatch::workflow
