#include "host/sources/sockets.h"

#include <arpa/inet.h>

#include <cstring>

namespace finwatch::host {
namespace {

template <class T>
void append(std::vector<unsigned char>& out, const T& value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

inet_diag_bc_op operation(int code, std::size_t yes, std::size_t no) {
  return {static_cast<unsigned char>(code), static_cast<unsigned char>(yes), static_cast<std::uint16_t>(no)};
}

}  // namespace

std::string_view to_string(TcpState state) {
  constexpr std::string_view kNames[kTcpStates] = {"unknown",    "established", "syn_sent",  "syn_recv",
                                                   "fin_wait1",  "fin_wait2",   "time_wait", "close",
                                                   "close_wait", "last_ack",    "listen",    "closing"};
  return kNames[static_cast<std::size_t>(state)];
}

// For each port: "port >= p", else on to the next port; "port <= p", else on; jump to the end, which accepts. Each comparison
// is two operations long, the second of which only holds the port. Past the end by one operation means: refuse.
PortFilter::PortFilter(std::span<const std::uint16_t> local, std::span<const std::uint16_t> remote) {
  constexpr std::size_t kOperation = sizeof(inet_diag_bc_op);
  constexpr std::size_t kPort = 5 * kOperation;
  const std::size_t ports = local.size() + remote.size();
  if (ports == 0) return;
  const std::size_t length = ports * kPort - kOperation;  // the last port needs no jump
  append(bytes_, nlattr{static_cast<std::uint16_t>(sizeof(nlattr) + length), INET_DIAG_REQ_BYTECODE});
  std::size_t rest = length;  // from the port in hand to the end
  const auto add = [&](int least, int most, std::uint16_t port) {
    const bool last = rest < kPort;
    const std::size_t other = last ? rest + kOperation : kPort;
    append(bytes_, operation(least, 2 * kOperation, other));
    append(bytes_, operation(INET_DIAG_BC_NOP, 0, port));
    append(bytes_, operation(most, 2 * kOperation, other - 2 * kOperation));
    append(bytes_, operation(INET_DIAG_BC_NOP, 0, port));
    if (last) return;
    append(bytes_, operation(INET_DIAG_BC_JMP, kOperation, rest - 4 * kOperation));
    rest -= kPort;
  };
  for (const std::uint16_t port : local) add(INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE, port);
  for (const std::uint16_t port : remote) add(INET_DIAG_BC_D_GE, INET_DIAG_BC_D_LE, port);
}

TcpSockets::TcpSockets(const Env& env)
    : live_(env.live_proc()), tcp_(env.proc("net/tcp"), ReadMode::to_end), tcp6_(env.proc("net/tcp6"), ReadMode::to_end) {}

TcpSocket TcpSockets::from_kernel(const inet_diag_msg& message) {
  return {static_cast<TcpState>(message.idiag_state), ntohs(message.id.idiag_sport), ntohs(message.id.idiag_dport),
          message.idiag_rqueue, message.idiag_wqueue};
}

// "  0: 0100007F:05F1 00000000:0000 0A 00000000:00000003 …"
std::optional<TcpSocket> TcpSockets::parse_tcp_line(std::string_view line) {
  const auto behind_colon = [](std::string_view text) {
    const std::size_t colon = text.find(':');
    return colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  };
  FieldReader fields(line);
  fields.next();
  const auto local = to_number<std::uint16_t>(behind_colon(fields.next()), 16);
  const auto remote = to_number<std::uint16_t>(behind_colon(fields.next()), 16);
  const auto state = to_number<std::uint8_t>(fields.next(), 16);
  const std::string_view queues = fields.next();
  const auto send = to_number<std::uint32_t>(queues.substr(0, queues.find(':')), 16);
  const auto receive = to_number<std::uint32_t>(behind_colon(queues), 16);
  if (!local || !remote || !state || !send || !receive || *state >= kTcpStates) return std::nullopt;
  return TcpSocket{static_cast<TcpState>(*state), *local, *remote, *receive, *send};
}

}  // namespace finwatch::host
