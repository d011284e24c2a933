#include "workflow/net/icmp.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

#include "workflow/net/call_frame.h"

namespace finwatch::workflow {
namespace {

constexpr std::size_t kHeader = 8;  // type, code, checksum, identifier, sequence: the same in both families

template <class T>
bool set(int socket, int level, int name, T value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
}

}  // namespace

std::uint16_t internet_checksum(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << 8;
    if (i + 1 < bytes.size()) sum += static_cast<unsigned char>(bytes[i + 1]);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<std::uint16_t>(~sum));
}

struct IcmpCall::Body {
  Body(Loop& loop, Resolver& resolver) : frame(loop, resolver, [this] { close(); }) {}

  void start();
  void ping();
  Outcome open();
  bool set_options() const;
  std::string message() const;
  void hear();
  bool is_ours(std::string_view bytes) const;
  void close();

  bool six() const { return target.family() == AF_INET6; }

  IcmpRequest request;
  Address target;
  int socket = -1;
  bool raw = false;
  std::uint16_t identifier = 0;
  std::uint16_t sequence = 0;
  CallFrame<IcmpResult> frame;
  std::unique_ptr<Watch> watch;
};

IcmpCall::IcmpCall(Loop& loop, Resolver& resolver) : body_(std::make_unique<Body>(loop, resolver)) {}
IcmpCall::~IcmpCall() { body_->close(); }
void IcmpCall::cancel() { body_->frame.cancel(); }

void IcmpCall::start(IcmpRequest request, SteadyTime deadline, Callback callback) {
  body_->request = std::move(request);
  body_->frame.begin(deadline, std::move(callback));
  body_->start();
}

void IcmpCall::Body::close() {
  watch.reset();
  if (socket >= 0) ::close(std::exchange(socket, -1));
}

void IcmpCall::Body::start() {
  if (request.payload > kMostPingPayload || request.ttl < 0 || request.ttl > 255)
    return frame.end_soon({NetError::invalid, "a ping carries at most 65499 bytes and lives for 1 to 255 hops"});
  frame.find(request.host, request.family, [this](const std::vector<Address>& addresses) {
    target = addresses.front();
    frame.answer.remote = target.ip();
    ping();
  });
}

Outcome IcmpCall::Body::open() {
  const int protocol = six() ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
  for (const int kind : {SOCK_DGRAM, SOCK_RAW}) {
    raw = kind == SOCK_RAW;
    socket = ::socket(target.family(), kind | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (socket >= 0) break;
  }
  if (socket < 0 && (errno == EPERM || errno == EACCES))
    return {NetError::permission, "this process may not ping: it needs CAP_NET_RAW, or its group in net.ipv4.ping_group_range"};
  if (socket < 0) return {NetError::connect, error_from_errno(errno, "socket").message};
  if (!set_options()) return {NetError::invalid, error_from_errno(errno, "the wanted options").message};
  // Connected, so that only what the target sends is heard here, however many pings are on their way.
  if (::connect(socket, target.data(), target.size()) != 0)
    return {NetError::connect, target.ip() + ": " + error_from_errno(errno, "connect").message};
  return {};
}

bool IcmpCall::Body::set_options() const {
  if (six()) {
    if (request.ttl != 0 && !set(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, request.ttl)) return false;
    if (request.dont_fragment && !set(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, int{IPV6_PMTUDISC_DO})) return false;
    set(socket, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);  // when it is not told, it is not told
    return true;
  }
  if (request.ttl != 0 && !set(socket, IPPROTO_IP, IP_TTL, request.ttl)) return false;
  if (request.dont_fragment && !set(socket, IPPROTO_IP, IP_MTU_DISCOVER, int{IP_PMTUDISC_DO})) return false;
  set(socket, IPPROTO_IP, IP_RECVTTL, 1);
  return true;
}

std::string IcmpCall::Body::message() const {
  std::string bytes(kHeader + request.payload, '\0');
  bytes[0] = static_cast<char>(six() ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
  std::memcpy(&bytes[4], &identifier, sizeof identifier);
  std::memcpy(&bytes[6], &sequence, sizeof sequence);
  constexpr std::string_view kFilling = "finwatch ";
  for (std::size_t i = 0; i < request.payload; ++i) bytes[kHeader + i] = kFilling[i % kFilling.size()];
  if (six()) return bytes;  // the kernel fills in the checksum, which covers addresses that only it knows
  const std::uint16_t sum = internet_checksum(bytes);
  std::memcpy(&bytes[2], &sum, sizeof sum);
  return bytes;
}

void IcmpCall::Body::ping() {
  static std::atomic<std::uint16_t> last_sequence{0};
  sequence = htons(++last_sequence);
  identifier = static_cast<std::uint16_t>(std::random_device{}());  // a ping socket puts its own in its place
  if (Outcome opened = open(); !opened) return frame.end(opened);
  const std::string bytes = message();
  if (::send(socket, bytes.data(), bytes.size(), 0) < 0) {
    const int number = errno;
    if (number == EMSGSIZE) return frame.end({NetError::too_large, "the ping does not fit into one packet"});
    return frame.end({number == EPERM || number == EACCES ? NetError::permission : NetError::connect,
                      target.ip() + ": " + error_from_errno(number, "send").message});
  }
  frame.enter(Phase::processing);
  watch = std::make_unique<Watch>(frame.loop, socket, Watch::kRead, [this](unsigned) { hear(); });
}

void IcmpCall::Body::hear() {
  std::string bytes(kHeader + request.payload + 64, '\0');  // a header of IPv4 comes with it on a raw socket
  alignas(cmsghdr) std::array<char, 256> control{};
  iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(socket, &header, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) return frame.end({NetError::connect, target.ip() + ": " + error_from_errno(errno, "ping").message});
  std::string_view reply(bytes.data(), static_cast<std::size_t>(got));
  int hops = 0;
  if (raw && !six() && !reply.empty()) {
    const std::size_t ip_header = (static_cast<unsigned char>(reply[0]) & 0x0fU) * std::size_t{4};
    if (reply.size() < ip_header || ip_header < 20) return;
    hops = static_cast<unsigned char>(reply[8]);
    reply.remove_prefix(ip_header);
  }
  if (!is_ours(reply)) return;
  for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
    const bool ttl = (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_TTL) ||
                     (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_HOPLIMIT);
    if (ttl) std::memcpy(&hops, CMSG_DATA(one), sizeof hops);
  }
  frame.answer.reply_hop_limit = hops;
  frame.answer.reply_bytes = reply.size();
  frame.end({});
}

bool IcmpCall::Body::is_ours(std::string_view bytes) const {
  if (bytes.size() < kHeader) return false;
  const auto type = static_cast<unsigned char>(bytes[0]);
  if (type != (six() ? int{ICMP6_ECHO_REPLY} : int{ICMP_ECHOREPLY})) return false;
  return std::memcmp(&bytes[6], &sequence, sizeof sequence) == 0 &&
         (!raw || std::memcmp(&bytes[4], &identifier, sizeof identifier) == 0);
}

}  // namespace finwatch::workflow
