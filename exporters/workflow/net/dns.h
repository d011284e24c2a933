// One question to one DNS server, over UDP, TCP or TLS, and what it answered.
//
//   DnsCall call(loop, resolver);
//   call.start({.server = "192.0.2.53", .question = {.name = "erp.example", .type = "SOA"}}, deadline, [](DnsResult&& result) {
//     result.message.rcode, result.message.answers, result.message.serial …
//   });
//
// An answer with any rcode is an answer: the outcome is only whether one came.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "workflow/net/call.h"
#include "workflow/net/dns_message.h"
#include "workflow/net/resolver.h"
#include "workflow/net/tls.h"

namespace finwatch::workflow {

enum class DnsTransport : unsigned char { udp, tcp };

struct DnsRequest {
  std::string server;
  std::uint16_t port = 53;
  IpFamily family = IpFamily::any;  // of the server's address
  DnsTransport transport = DnsTransport::udp;
  bool tls = false;  // over TCP only
  TlsOptions tls_options;
  DnsQuestion question;
};

struct DnsResult {
  Outcome outcome;
  PhaseTimes times;  // dns: the server's own name; processing: until it answered
  std::string remote;
  DnsMessage message;
  std::size_t size = 0;  // of the answer, in bytes
};

class DnsCall {
 public:
  using Callback = std::function<void(DnsResult&&)>;

  /// Without a store nothing is asked over TLS.
  DnsCall(Loop& loop, Resolver& resolver, TlsStore* tls = nullptr);
  ~DnsCall();
  DnsCall(const DnsCall&) = delete;
  DnsCall& operator=(const DnsCall&) = delete;

  void start(DnsRequest request, SteadyTime deadline, Callback callback);
  void cancel();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace finwatch::workflow
