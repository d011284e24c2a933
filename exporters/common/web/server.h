// The HTTP door of every program: metrics, landing page, health, reload, and what routes a program adds.
//
//   auto web = WebServer::start({.listen_addresses = {":19600"}, .program = "finwatch-host"},
//                               {.reload = [&] { return app.reload(); }}, runner, env);
//   if (!web) return web.error();          // says which address, why, and what to do
//   log.info("listening", {{"address", (*web)->addresses()[0]}});
//
// Two threads a listener answer everything; a request that must wait (for a page, a password hash, a route's own work) is
// put aside and holds no thread. Nothing wakes up while nobody is connected.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/environment.h"
#include "core/result.h"

namespace finwatch {

class Runner;

/// How long a client may take. The defaults suit every program; tests shorten them.
struct WebLimits {
  std::chrono::milliseconds first_request{10'000};  // from connecting to the end of the first request's head
  std::chrono::milliseconds idle{85'000};           // from one answer to the end of the next request's head
  std::chrono::milliseconds request{90'000};        // from a request's head to the last byte of its answer
  std::chrono::milliseconds slow_reader{10'000};    // the same for the answer alone, while others are refused for want of room
  std::chrono::milliseconds drain{3'000};           // for running answers when the server stops
};

struct WebOptions {
  std::vector<std::string> listen_addresses;  // "127.0.0.1:19600", ":19600" (all, IPv4 and IPv6), "[::1]:19600", "unix:/path"
  bool systemd_socket = false;                // take the sockets that systemd opened (LISTEN_FDS) instead
  std::string config_file;                    // web-config.yml of the Prometheus exporters; "" for none
  std::string telemetry_path = "/metrics";
  int max_requests = 128;                                     // metrics requests in flight before 503; 0 for no limit
  std::string program, version, description, description_zh;  // for the landing page
  WebLimits limits;
};

/// What a route is asked. Valid only while the handler runs: copy what is needed later.
class WebRequest {
 public:
  virtual ~WebRequest() = default;
  virtual std::string_view path() const = 0;   // decoded
  virtual std::string_view query() const = 0;  // as sent; `web/query.h` reads it
  virtual std::string_view body() const = 0;
  virtual std::string_view header(const char* name) const = 0;  // empty when absent
  /// Common name, then DNS names and addresses of mail, of the client's certificate, where the TLS layer verified it; else none.
  virtual std::vector<std::string> client_names() const { return {}; }
  /// Who is at the other end of the connection, a proxy perhaps: "192.0.2.7", "::1"; "unix" for a socket of this machine.
  virtual std::string peer() const { return {}; }
};

struct WebAnswer {
  int code = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// The right to answer one request, once, from any thread, now or later. Let go without an answer it answers 500.
class WebReply {
 public:
  class Receiver;
  explicit WebReply(std::shared_ptr<Receiver> receiver) : receiver_(std::move(receiver)) {}
  WebReply(WebReply&&) noexcept = default;
  WebReply& operator=(WebReply&&) = delete;
  ~WebReply();
  void send(WebAnswer answer);

 private:
  std::shared_ptr<Receiver> receiver_;
};

/// A path of a program's own. The handler must not block: what takes time keeps the reply and answers from its own thread.
struct Route {
  enum class Verb : unsigned char { get, post };  // get answers HEAD too

  Verb verb = Verb::get;
  std::string path;
  std::string summary;          // one line for the landing page; "" keeps it off the page
  std::string summary_zh = {};  // the same in Chinese
  std::size_t most_body = 0;    // bytes of a POST body; a longer one is refused with 413
  std::function<void(const WebRequest&, WebReply)> handler;
};

struct WebHooks {
  std::function<Status()> reload;          // POST /-/reload; runs on a thread of its own
  std::function<bool()> ready;             // GET /-/ready
  std::function<void(int code)> answered;  // every answer, for the request counter; from any thread
  std::vector<Route> routes;
};

class WebServer {
 public:
  static Result<std::unique_ptr<WebServer>> start(WebOptions options, WebHooks hooks, Runner& runner, const Env& env);
  /// Stops listening, lets running answers end for a few seconds, closes. The runner must still be there.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  /// What it really listens on: "127.0.0.1:41873" when port 0 was asked for.
  std::vector<std::string> addresses() const;

 private:
  struct Body;
  explicit WebServer(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace finwatch
