// The TCP sockets of the machine: NETLINK_SOCK_DIAG on a live one, /proc/net/tcp and tcp6 over a fixture tree or where
// netlink is forbidden.
//
//   PortFilter filter({1521, 8080}, {3306});
//   const Status status = sockets_.each(filter.bytes(), [&](IpFamily family) { counts[family] = {}; },
//                                       [&](IpFamily family, const TcpSocket& socket) { … });
//
// `begin` is called before the sockets of a family, again when the kernel's answer was interrupted. The filter only spares
// work: sockets that it should have kept back may come all the same.
#pragma once

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment.h"
#include "core/files.h"
#include "core/netlink.h"
#include "core/text.h"

namespace finwatch::host {

enum class TcpState : std::uint8_t {
  established = 1,
  syn_sent,
  syn_recv,
  fin_wait1,
  fin_wait2,
  time_wait,
  close,
  close_wait,
  last_ack,
  listen,
  closing
};
inline constexpr std::size_t kTcpStates = 12;  // with 0, which is none

std::string_view to_string(TcpState state);

struct TcpSocket {
  TcpState state{};
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  std::uint32_t receive_queue = 0;  // bytes; of a listening socket: connections that wait to be accepted
  std::uint32_t send_queue = 0;     // bytes; of a listening socket: how many may wait, or 0 when the source is a file
};

enum class IpFamily : std::uint8_t { v4, v6 };

/// A program for the kernel that lets through sockets with one of these local or one of these remote ports.
class PortFilter {
 public:
  PortFilter(std::span<const std::uint16_t> local, std::span<const std::uint16_t> remote);
  /// As an attribute of the request; empty when no port was given.
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  std::vector<unsigned char> bytes_;
};

class TcpSockets {
 public:
  explicit TcpSockets(const Env& env);

  template <class Begin, class Visit>
  Status each(std::string_view filter, Begin&& begin, Visit&& visit) {
    Errc failure = Errc::no_data;
    if (live_) {
      Status asked = ask(IpFamily::v4, filter, begin, visit);
      if (asked) asked = ask(IpFamily::v6, filter, begin, visit);
      if (asked) return asked;
      failure = asked.error().code;
    }
    if (failure == Errc::timeout) return failure;
    return read(begin, visit);
  }
  /// The last sockets came from the kernel itself: listening sockets tell how many may wait.
  bool tells_limits() const { return tells_limits_; }

 private:
  template <class Begin, class Visit>
  Status ask(IpFamily family, std::string_view filter, Begin& begin, Visit& visit) {
    inet_diag_req_v2 question{};
    question.sdiag_family = family == IpFamily::v4 ? AF_INET : AF_INET6;
    question.sdiag_protocol = IPPROTO_TCP;
    question.idiag_states = ~0U;
    const auto take = [&](const NetlinkMessage& message) {
      const auto head = message.type == SOCK_DIAG_BY_FAMILY ? message.head<inet_diag_msg>() : std::nullopt;
      if (head && head->idiag_state < kTcpStates) visit(family, from_kernel(*head));
    };
    const auto start = [&] { begin(family); };
    Status status = netlink_.dump(SOCK_DIAG_BY_FAMILY, question, start, take, filter);
    // A kernel that does not know the filter's operations refuses the question.
    if (!status && status.error().code == Errc::unavailable && !filter.empty())
      status = netlink_.dump(SOCK_DIAG_BY_FAMILY, question, start, take);
    tells_limits_ = static_cast<bool>(status);
    return status;
  }

  template <class Begin, class Visit>
  Status read(Begin& begin, Visit& visit) {
    tells_limits_ = false;
    for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
      begin(family);
      const Result<std::string_view> text = file(family).read();
      if (!text && text.error().code == Errc::no_data && family == IpFamily::v6) continue;  // IPv6 is off
      if (!text) return text.error();
      LineReader lines(*text);
      if (lines.next().value_or("").find("local_address") == std::string_view::npos)
        return {Errc::malformed, file(family).path() + ": expected the heading \"sl local_address …\""};
      while (const auto line = lines.next())
        if (const auto socket = parse_tcp_line(*line)) visit(family, *socket);
    }
    return ok();
  }

  static TcpSocket from_kernel(const inet_diag_msg& message);
  static std::optional<TcpSocket> parse_tcp_line(std::string_view line);
  KeptFile& file(IpFamily family) { return family == IpFamily::v4 ? tcp_ : tcp6_; }

  bool live_;
  bool tells_limits_ = false;
  Netlink netlink_{NETLINK_SOCK_DIAG};
  KeptFile tcp_;
  KeptFile tcp6_;
};

}  // namespace finwatch::host
