// A conversation over TCP: connect, TLS at once or after a word (STARTTLS), lines that are expected and answers that are sent.
//
//   TcpCall call(loop, resolver, tls);
//   call.start({.host = "mail.example", .port = 25, .steps = {{.expect = *Pattern::compile("^220 (?P<name>\\S+)")},
//                                                             {.send = "EHLO ${name}\r\n"}}}, deadline, callback);
//
// With `tls` and no steps it is a handshake and nothing more, and says what the certificate says.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/pattern.h"
#include "workflow/net/call.h"
#include "workflow/net/resolver.h"
#include "workflow/net/tls.h"

namespace finwatch::workflow {

/// In this order: wait for a line that matches, send, begin TLS. Each may be left out.
struct TcpExchange {
  std::optional<Pattern> expect;
  std::string send;  // as it is, with ${group} or ${1} for what an expected line matched; $$ is a dollar
  bool start_tls = false;
};

struct TcpRequest {
  std::string host;
  std::uint16_t port = 0;
  IpFamily family = IpFamily::any;
  bool tls = false;  // at once
  TlsOptions tls_options;
  std::vector<TcpExchange> steps;
  std::size_t most_bytes = std::size_t{64} << 10;  // that the peer may say
};

struct TcpResult {
  Outcome outcome;
  PhaseTimes times;  // processing: what was waited for lines
  std::string remote;
  std::shared_ptr<const TlsFacts> tls;
  std::vector<std::string> lines;  // those that matched
  std::string said;                // every line, also those that did not
  std::map<std::string, std::string> groups;
  std::size_t steps_done = 0;
};

class TcpCall {
 public:
  using Callback = std::function<void(TcpResult&&)>;

  TcpCall(Loop& loop, Resolver& resolver, TlsStore& tls);
  ~TcpCall();
  TcpCall(const TcpCall&) = delete;
  TcpCall& operator=(const TcpCall&) = delete;

  void start(TcpRequest request, SteadyTime deadline, Callback callback);
  void cancel();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// What the groups of an expression matched in a line, by number ("0" is all of it) and by name; empty for one that took no part.
std::map<std::string, std::string> matched_groups(const Pattern& pattern, std::string_view line);

/// `text` with "${name}" and "${1}" replaced by what was matched, by nothing when that never was, and "$$" by a dollar.
std::string fill_groups(std::string_view text, const std::map<std::string, std::string>& groups);

}  // namespace finwatch::workflow
