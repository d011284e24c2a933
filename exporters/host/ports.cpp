#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/text.h"
#include "host/sources/sockets.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kConnections{MetricType::gauge,
                                  "finwatch_tcp_port_connections",
                                  "TCP sockets with this local (side local) or remote port by state, from NETLINK_SOCK_DIAG or "
                                  "/proc/net/tcp and tcp6.",
                                  "port",
                                  "side",
                                  "state"};
constexpr MetricDesc kReceiveQueue{MetricType::gauge, "finwatch_tcp_port_receive_queue_bytes",
                                   "Bytes that arrived for connections of the port and were not read yet by the program, from "
                                   "NETLINK_SOCK_DIAG or /proc/net/tcp and tcp6.",
                                   "port", "side"};
constexpr MetricDesc kSendQueue{MetricType::gauge, "finwatch_tcp_port_send_queue_bytes",
                                "Bytes of connections of the port that the other side has not confirmed yet, from "
                                "NETLINK_SOCK_DIAG or /proc/net/tcp and tcp6.",
                                "port", "side"};
constexpr MetricDesc kListenLength{MetricType::gauge, "finwatch_tcp_listen_queue_length",
                                   "Connections that wait to be accepted on the port, of its fullest listening socket, from "
                                   "NETLINK_SOCK_DIAG or /proc/net/tcp and tcp6.",
                                   "port"};
constexpr MetricDesc kListenLimit{MetricType::gauge, "finwatch_tcp_listen_queue_limit",
                                  "Connections that may wait to be accepted on the port, of its fullest listening socket, from "
                                  "NETLINK_SOCK_DIAG.",
                                  "port"};
constexpr MetricRef kMetrics[] = {kConnections, kReceiveQueue, kSendQueue, kListenLength, kListenLimit};

constexpr FlagSpec kFlags[] = {
    {FlagKind::list, "collector.ports.local", "", "Local TCP ports to watch, for example 1521,8080."},
    {FlagKind::list, "collector.ports.remote", "", "Remote TCP ports to watch, for example 3306,6379."},
};
constexpr std::size_t kMostPorts = 256;

struct Counts {
  std::array<std::uint32_t, kTcpStates> sockets{};
  std::uint64_t receive_queue = 0;
  std::uint64_t send_queue = 0;
  // Of the listening socket that is nearest to its limit.
  std::uint32_t waiting = 0;
  std::uint32_t may_wait = 0;
};

struct Port {
  std::uint16_t number = 0;
  std::string label;
  std::array<Counts, 2> families;

  std::uint64_t sockets(TcpState state) const {
    const auto i = static_cast<std::size_t>(state);
    return std::uint64_t{families[0].sockets[i]} + families[1].sockets[i];
  }
  bool listens() const { return sockets(TcpState::listen) > 0; }
  /// The family whose listening socket is fuller.
  const Counts& fullest() const;
};

bool fuller(std::uint64_t waiting, std::uint64_t may_wait, const Counts& than) {
  if (may_wait == 0 || than.may_wait == 0) return waiting > than.waiting;  // limits are not told
  return waiting * than.may_wait > than.waiting * may_wait;
}

const Counts& Port::fullest() const {
  const auto listens = [&](const Counts& counts) { return counts.sockets[static_cast<std::size_t>(TcpState::listen)] > 0; };
  if (!listens(families[0])) return families[1];
  const bool second = listens(families[1]) && fuller(families[1].waiting, families[1].may_wait, families[0]);
  return families[second ? 1 : 0];
}

Result<std::vector<Port>> read_ports(const Settings& settings, std::string_view flag) {
  std::vector<Port> ports;
  for (const std::string& text : settings.list(flag)) {
    const auto number = to_number<std::uint16_t>(trim(text));
    if (!number || *number == 0)
      return {Errc::config, "--" + std::string(flag) + ": \"" + text + "\" is no TCP port (1 to 65535)"};
    const auto same = [&](const Port& port) { return port.number == *number; };
    if (std::none_of(ports.begin(), ports.end(), same)) ports.push_back({*number, std::to_string(*number), {}});
  }
  if (ports.size() > kMostPorts)
    return {Errc::config, "--" + std::string(flag) + ": more than " + std::to_string(kMostPorts) + " ports"};
  std::sort(ports.begin(), ports.end(), [](const Port& a, const Port& b) { return a.number < b.number; });
  return ports;
}

std::vector<std::uint16_t> numbers(const std::vector<Port>& ports) {
  std::vector<std::uint16_t> out;
  for (const Port& port : ports) out.push_back(port.number);
  return out;
}

Port* find(std::vector<Port>& ports, std::uint16_t number) {
  const auto found = std::lower_bound(ports.begin(), ports.end(), number,
                                      [](const Port& port, std::uint16_t wanted) { return port.number < wanted; });
  return found == ports.end() || found->number != number ? nullptr : &*found;
}

class Ports final : public Collector {
 public:
  Ports(const Env& env, std::vector<Port> local, std::vector<Port> remote)
      : local_(std::move(local)), remote_(std::move(remote)), filter_(numbers(local_), numbers(remote_)), sockets_(env) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    if (local_.empty() && remote_.empty()) return Errc::no_data;
    const Status status = sockets_.each(
        filter_.bytes(), [&](IpFamily family) { forget(family); },
        [&](IpFamily family, const TcpSocket& socket) {
          if (Port* port = find(local_, socket.local_port)) count(socket, port->families[index(family)]);
          if (socket.state == TcpState::listen) return;  // it has no other side
          if (Port* port = find(remote_, socket.remote_port)) count(socket, port->families[index(family)]);
        });
    if (!status) return status;
    write(sink);
    return ok();
  }

 private:
  static std::size_t index(IpFamily family) { return static_cast<std::size_t>(family); }

  void forget(IpFamily family) {
    for (std::vector<Port>* ports : {&local_, &remote_})
      for (Port& port : *ports) port.families[index(family)] = {};
  }

  static void count(const TcpSocket& socket, Counts& counts) {
    const bool first = counts.sockets[static_cast<std::size_t>(TcpState::listen)] == 0;
    ++counts.sockets[static_cast<std::size_t>(socket.state)];
    if (socket.state != TcpState::listen) {
      counts.receive_queue += socket.receive_queue;
      counts.send_queue += socket.send_queue;
    } else if (first || fuller(socket.receive_queue, socket.send_queue, counts)) {
      counts.waiting = socket.receive_queue;
      counts.may_wait = socket.send_queue;
    }
  }

  void write(MetricSink& sink) const {
    auto connections = sink.family(kConnections);
    for (const Port& port : local_) write_states(connections, port, "local");
    for (const Port& port : remote_) write_states(connections, port, "remote");
    write_queues(sink, kReceiveQueue, &Counts::receive_queue);
    write_queues(sink, kSendQueue, &Counts::send_queue);
    auto length = sink.family(kListenLength);
    for (const Port& port : local_)
      if (port.listens()) length.add(port.fullest().waiting, port.label);
    if (!sockets_.tells_limits()) return;
    auto limit = sink.family(kListenLimit);
    for (const Port& port : local_)
      if (port.listens()) limit.add(port.fullest().may_wait, port.label);
  }

  // All states, with their zeros: "nobody listens on 1521" must be a sample that a rule can see.
  static void write_states(Family<3>& family, const Port& port, std::string_view side) {
    for (std::size_t i = 1; i < kTcpStates; ++i) {
      const auto state = static_cast<TcpState>(i);
      if (state == TcpState::close || (state == TcpState::listen && side == "remote")) continue;
      family.add(port.sockets(state), port.label, side, to_string(state));
    }
  }

  void write_queues(MetricSink& sink, const MetricDesc<2>& desc, std::uint64_t Counts::*queue) const {
    auto family = sink.family(desc);
    for (const Port& port : local_) family.add(port.families[0].*queue + port.families[1].*queue, port.label, "local");
    for (const Port& port : remote_) family.add(port.families[0].*queue + port.families[1].*queue, port.label, "remote");
  }

  std::vector<Port> local_;
  std::vector<Port> remote_;
  PortFilter filter_;
  TcpSockets sockets_;
};

MadeCollector make(const Env& env, const Settings& settings) {
  Result<std::vector<Port>> local = read_ports(settings, "collector.ports.local");
  if (!local) return local.error();
  Result<std::vector<Port>> remote = read_ports(settings, "collector.ports.remote");
  if (!remote) return remote.error();
  return std::unique_ptr<Collector>(std::make_unique<Ports>(env, std::move(*local), std::move(*remote)));
}

}  // namespace

extern const CollectorInfo ports_collector{
    .name = "ports",
    .summary = "TCP connections and queues of configured ports, from NETLINK_SOCK_DIAG or /proc/net/tcp.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
