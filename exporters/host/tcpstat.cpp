#include <array>

#include "host/sources/sockets.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kStates{MetricType::gauge, "node_tcp_connection_states",
                             "TCP sockets by state; rx_queued_bytes and tx_queued_bytes are the sums of their queues, from "
                             "NETLINK_SOCK_DIAG or /proc/net/tcp and tcp6.",
                             "state"};
constexpr MetricRef kMetrics[] = {kStates};

struct Sums {
  std::array<std::uint64_t, kTcpStates> sockets{};
  std::uint64_t receive_queue = 0;
  std::uint64_t send_queue = 0;
};

class TcpStatistics final : public Collector {
 public:
  explicit TcpStatistics(const Env& env) : sockets_(env) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    std::array<Sums, 2> sums;
    const auto of = [&](IpFamily family) -> Sums& { return sums[static_cast<std::size_t>(family)]; };
    const Status status = sockets_.each(
        {}, [&](IpFamily family) { of(family) = {}; },
        [&](IpFamily family, const TcpSocket& socket) {
          ++of(family).sockets[static_cast<std::size_t>(socket.state)];
          of(family).receive_queue += socket.receive_queue;
          of(family).send_queue += socket.send_queue;
        });
    if (!status) return status;
    auto states = sink.family(kStates);
    bool any = false;
    for (std::size_t i = 0; i < kTcpStates; ++i) {
      const std::uint64_t count = sums[0].sockets[i] + sums[1].sockets[i];
      if (count > 0) states.add(count, to_string(static_cast<TcpState>(i)));
      any = any || count > 0;
    }
    if (!any) return ok();
    states.add(sums[0].receive_queue + sums[1].receive_queue, "rx_queued_bytes");
    states.add(sums[0].send_queue + sums[1].send_queue, "tx_queued_bytes");
    return ok();
  }

 private:
  TcpSockets sockets_;
};

}  // namespace

extern const CollectorInfo tcpstat_collector{
    .name = "tcpstat",
    .summary = "TCP sockets by state, from NETLINK_SOCK_DIAG or /proc/net/tcp.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<TcpStatistics>,
};

}  // namespace finwatch::host
