// One probe: a name is looked up, one of its addresses is called as the module says, and what came of it is written as blackbox_exporter
// writes it.
//
//   std::unique_ptr<Probe> probe = make_probe(network, {.module = module, .target = "https://erp.example/", .deadline = …}, hosts);
//   probe->start([](ProbePage&& page) { page.metrics … });      // once, on the loop's thread, never inside start()
//
// Destroying it ends it without a word; the callback may do so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/sink.h"
#include "workflow/net/http.h"
#include "workflow/net/resolver.h"
#include "workflow/probe/hosts.h"
#include "workflow/probe/module.h"

namespace finwatch::workflow {

/// What every call needs; it outlives them all.
struct Network {
  Loop& loop;
  Resolver& resolver;
  TlsStore& tls;
  HttpClient& http;
};

struct ProbeOrder {
  std::shared_ptr<const Module> module;
  std::string target;
  std::string hostname;  // the Host header and the name in TLS, when the scraper gives it
  SteadyTime deadline;
  std::shared_ptr<const HostList> hosts;  // redirects keep to it
};

struct ProbePage {
  MetricSink metrics;
  std::string log;  // its steps, without secrets, one line each
};

class Probe {
 public:
  using Callback = std::function<void(ProbePage&&)>;

  Probe(const Network& network, ProbeOrder order);
  virtual ~Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  void start(Callback callback);

 protected:
  /// Looks `host` up, then calls(); a probe without a host to look up ends.
  virtual void begin() = 0;
  virtual void call(const Address& address) = 0;
  /// What the prober adds to the page.
  virtual void write(MetricSink& sink) = 0;

  void find(const std::string& host);
  /// The last thing that a probe does. An empty reason is success; a text that explains it holds no secret.
  void end(std::string_view reason, const std::string& text = {});
  void end(const Outcome& outcome) { end(outcome ? "" : to_string(outcome.error), outcome.text); }
  void note(const std::string& line);

  const Network network_;
  const ProbeOrder order_;
  double lookup_seconds_ = 0;
  bool looked_up_ = false;          // it was tried
  std::optional<Address> address_;  // that is called

 private:
  void write_page(std::string_view reason, const std::string& text);

  ResolveCall resolve_;
  Timer timer_;  // of the look-up, and to begin and end on the loop
  SteadyTime begun_{};
  Callback callback_;
  ProbePage page_;
};

std::unique_ptr<Probe> make_probe(const Network& network, ProbeOrder order);

/// What probers write of a handshake.
void write_certificates(const TlsFacts& facts, MetricSink& sink);

/// The URL that a module of http calls for a target: http:// where it has no scheme.
std::string url_of(const std::string& target);

/// The host that is called for a target, in lower case, without brackets; config when the target has none.
Result<std::string> host_of(const Module& module, const std::string& target);

}  // namespace finwatch::workflow
