// One ping, IPv4 or IPv6, by a ping socket (net.ipv4.ping_group_range) or, where those are closed to us, a raw one (CAP_NET_RAW).
//
//   IcmpCall call(loop, resolver);
//   call.start({.host = "erp.example", .payload = 56}, deadline, [](IcmpResult&& result) { … result.reply_hop_limit … });
//
// Phases: dns, connect (setting up and sending), processing (until the reply).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "workflow/net/call.h"
#include "workflow/net/resolver.h"

namespace finwatch::workflow {

inline constexpr std::size_t kMostPingPayload = 65'507 - 8;  // a packet of IPv4 without its headers

struct IcmpRequest {
  std::string host;
  IpFamily family = IpFamily::any;
  int ttl = 0;               // 0: the system's
  std::size_t payload = 32;  // bytes after the header
  bool dont_fragment = false;
};

struct IcmpResult {
  Outcome outcome;
  PhaseTimes times;
  std::string remote;       // the address, without a port
  int reply_hop_limit = 0;  // 0: the system did not tell
  std::size_t reply_bytes = 0;
};

class IcmpCall {
 public:
  using Callback = std::function<void(IcmpResult&&)>;

  IcmpCall(Loop& loop, Resolver& resolver);
  ~IcmpCall();
  IcmpCall(const IcmpCall&) = delete;
  IcmpCall& operator=(const IcmpCall&) = delete;

  void start(IcmpRequest request, SteadyTime deadline, Callback callback);
  void cancel();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// The Internet checksum of RFC 1071, in network order as it stands in the message.
std::uint16_t internet_checksum(std::string_view bytes);

}  // namespace finwatch::workflow
