#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/files.h"
#include "core/netlink.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kQueues{MetricType::gauge, "node_udp_queues",
                             "Bytes that wait in the send (tx) and receive (rx) queues of all UDP sockets, from "
                             "NETLINK_SOCK_DIAG or /proc/net/udp and udp6.",
                             "queue", "ip"};
constexpr MetricRef kMetrics[] = {kQueues};

struct Queues {
  std::uint64_t send = 0;
  std::uint64_t receive = 0;
};

class UdpQueues final : public Collector {
 public:
  explicit UdpQueues(const Env& env)
      : ask_kernel_(env.live_proc()),
        udp_(env.proc("net/udp"), ReadMode::to_end),
        udp6_(env.proc("net/udp6"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    // The kernel's answer costs a seventh of its text, where it may be asked and has the module udp_diag.
    Result<Queues> v4 = ask_kernel_ ? ask(AF_INET) : Result<Queues>(Errc::no_data);
    Result<Queues> v6 = v4 ? ask(AF_INET6) : Result<Queues>(Errc::no_data);
    if (!v4 || !v6) {
      ask_kernel_ = false;
      v4 = sum(udp_);
      v6 = sum(udp6_);
    }
    if (!v4 && !v6) return v4.error();
    if (!v4 && v4.error().code != Errc::no_data) return v4.error();
    if (!v6 && v6.error().code != Errc::no_data) return v6.error();  // absent without IPv6
    auto family = sink.family(kQueues);
    if (v4) family.add(v4->send, "tx", "v4").add(v4->receive, "rx", "v4");
    if (v6) family.add(v6->send, "tx", "v6").add(v6->receive, "rx", "v6");
    return ok();
  }

 private:
  Result<Queues> ask(unsigned char family) {
    inet_diag_req_v2 question{};
    question.sdiag_family = family;
    question.sdiag_protocol = IPPROTO_UDP;
    question.idiag_states = ~0U;
    Queues queues;
    const Status status = netlink_.dump(
        SOCK_DIAG_BY_FAMILY, question, [&] { queues = {}; },
        [&](const NetlinkMessage& message) {
          const auto head = message.head<inet_diag_msg>();
          if (!head || message.type != SOCK_DIAG_BY_FAMILY) return;
          queues.send += head->idiag_wqueue;
          queues.receive += head->idiag_rqueue;
        });
    return status ? Result<Queues>(queues) : Result<Queues>(status.error());
  }

  // "  9: 0100007F:0035 00000000:0000 07 00000000:00000A80 …": the fifth field is send:receive.
  static Result<Queues> sum(KeptFile& file) {
    const Result<std::string_view> text = file.read();
    if (!text) return text.error();
    LineReader lines(*text);
    if (lines.next().value_or("").find("local_address") == std::string_view::npos)
      return {Errc::malformed, file.path() + ": expected the heading \"sl local_address …\""};
    Queues queues;
    while (const auto line = lines.next()) {
      const std::string_view pair = FieldReader(*line).skip(4).next();
      const std::size_t colon = pair.find(':');
      if (colon == std::string_view::npos) continue;
      const auto send = to_number<std::uint32_t>(pair.substr(0, colon), 16);
      const auto receive = to_number<std::uint32_t>(pair.substr(colon + 1), 16);
      if (!send || !receive) continue;
      queues.send += *send;
      queues.receive += *receive;
    }
    return queues;
  }

  bool ask_kernel_;
  Netlink netlink_{NETLINK_SOCK_DIAG};
  KeptFile udp_;
  KeptFile udp6_;
};

}  // namespace

extern const CollectorInfo udp_queues_collector{
    .name = "udp_queues",
    .summary = "Bytes queued in UDP sockets, from NETLINK_SOCK_DIAG or /proc/net/udp and udp6.",
    .metrics = kMetrics,
    .make = make_collector<UdpQueues>,
};

}  // namespace finwatch::host
