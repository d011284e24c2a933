// Prometheus over its HTTP API.
//
//   Result<HttpPrometheus> server = HttpPrometheus::open({.url = "http://prometheus:9090"});
//   if (!server) return server.error();
//   server->at("up", moment);
//
// One request after another, never retried. A path in front of the API (https://monitor.example/prometheus) is kept. Whatever goes
// wrong names the address, and what Prometheus said about it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "core/secret.h"
#include "rules/tool/prometheus/prometheus.h"

namespace finwatch {
struct HttpReply;
}

namespace finwatch::rules {

struct PrometheusOptions {
  std::string url = "http://127.0.0.1:9090";
  std::string user;  // with the password: HTTP basic authentication
  Secret password;
  Secret bearer;                                   // a token; not beside a user
  std::string ca_file;                             // PEM of those who may sign the server's certificate; empty: the system's
  std::chrono::milliseconds timeout{60'000};       // of one question
  std::size_t most_bytes = std::size_t{64} << 20;  // of one answer
};

class HttpPrometheus final : public Prometheus {
 public:
  /// config for an address that is none, or one that holds a password. Asks nothing yet.
  static Result<HttpPrometheus> open(PrometheusOptions options);

  Result<std::vector<Sample>> at(const std::string& expression, Moment when) override;
  Result<std::vector<Series>> over(const std::string& expression, Moment from, Moment to, std::chrono::seconds step) override;
  const std::vector<std::string>& warnings() const override { return warnings_; }

 private:
  using Form = std::vector<std::pair<std::string_view, std::string>>;
  explicit HttpPrometheus(PrometheusOptions options) : options_(std::move(options)) {}
  Result<HttpReply> send(const std::string& path, const Form& form, bool in_url) const;
  Result<std::string> ask(const std::string& path, const Form& form) const;
  Error failed(Errc code, const std::string& what) const;
  void keep_warnings(std::vector<std::string> said);

  PrometheusOptions options_;
  std::vector<std::string> warnings_;
};

}  // namespace finwatch::rules
