// Names to addresses, asked by us on the loop, so that thousands of look-ups need no thread and the time they take is known.
//
//   Resolver resolver(loop);
//   ResolveCall call(resolver);
//   call.start("erp.example", IpFamily::any, [](const Resolved& answer) { … answer.addresses … });
//
// /etc/hosts comes first, then the servers of /etc/resolv.conf, which is read anew when it has changed before a question. Answers are
// kept as long as their TTL says, within the bounds of the options; the same name asked twice at once is one question. An answer that
// is known is still given from the loop, not in start(), and a failure is not kept.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "workflow/net/address.h"
#include "workflow/net/call.h"
#include "workflow/net/loop.h"

namespace finwatch::workflow {

struct ResolverOptions {
  std::string file = "/etc/resolv.conf";
  std::string servers;  // "192.0.2.1:53,[2001:db8::1]:53" instead of those of the file
  std::chrono::seconds least_kept{1};
  std::chrono::seconds most_kept{300};
  std::size_t most_names = 10'000;
  std::chrono::milliseconds patience{2'000};  // with one server, before the next is asked
  int tries = 2;
};

struct Resolved {
  Outcome outcome;
  std::vector<Address> addresses;  // port 0
  bool cached = false;
};

class Resolver {
 public:
  explicit Resolver(Loop& loop, ResolverOptions options = {});
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// What a call is told when the name is an address or is kept; nullptr when it must be asked.
  const Resolved* known(const std::string& name, IpFamily family);
  /// The first server that is asked, as split_host_port() reads it.
  std::string server() const;
  std::size_t names() const;
  std::size_t questions() const;  // asked so far

 private:
  friend class ResolveCall;
  struct Body;
  std::unique_ptr<Body> body_;
};

class ResolveCall {
 public:
  using Callback = std::function<void(const Resolved&)>;

  explicit ResolveCall(Resolver& resolver);
  ~ResolveCall() { cancel(); }
  ResolveCall(const ResolveCall&) = delete;
  ResolveCall& operator=(const ResolveCall&) = delete;

  void start(const std::string& name, IpFamily family, Callback callback);
  /// Without a word; the question itself goes on and its answer is kept.
  void cancel();

 private:
  friend class Resolver;
  void finish();

  Resolver& resolver_;
  Callback callback_;
  Resolved answer_;
  std::string key_;  // of the question it waits for
  Timer timer_;      // brings the answer from the loop
};

}  // namespace finwatch::workflow
