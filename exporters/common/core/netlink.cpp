#include "core/netlink.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace finwatch {
namespace {

// The kernel never makes a piece of a dump larger than this when it may make it this large.
constexpr std::size_t kReceive = 32768;
constexpr std::string_view kWhat = "netlink";

constexpr std::size_t aligned(std::size_t length) { return (length + 3) & ~std::size_t{3}; }

}  // namespace

std::optional<NetlinkAttribute> AttributeReader::next() {
  const auto header = read_struct<nlattr>(rest_);
  if (!header || header->nla_len < sizeof(nlattr) || header->nla_len > rest_.size()) return std::nullopt;
  const NetlinkAttribute attribute{static_cast<std::uint16_t>(header->nla_type & NLA_TYPE_MASK),
                                   rest_.substr(sizeof(nlattr), header->nla_len - sizeof(nlattr))};
  rest_.remove_prefix(std::min(aligned(header->nla_len), rest_.size()));
  return attribute;
}

std::optional<NetlinkMessage> MessageReader::next() {
  const auto header = read_struct<nlmsghdr>(rest_);
  if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > rest_.size()) return std::nullopt;
  const std::string_view bytes = rest_.substr(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
  rest_.remove_prefix(std::min(aligned(header->nlmsg_len), rest_.size()));
  return NetlinkMessage{header->nlmsg_type, bytes, header->nlmsg_seq, header->nlmsg_flags};
}

Status Netlink::dump_bytes(std::uint16_t type, std::string_view head, std::string_view more, const Visitor& visitor) {
  Result<Answer> answer = dump_once(type, head, more, visitor);
  // Once more; a table that changed again is given as it came.
  if (answer && *answer == Answer::interrupted) answer = dump_once(type, head, more, visitor);
  if (answer) return ok();
  socket_.reset();  // what is left of the answer goes with it
  return std::move(answer).error();
}

Result<Netlink::Answer> Netlink::dump_once(std::uint16_t type, std::string_view head, std::string_view more,
                                           const Visitor& visitor) {
  if (!socket_)
    if (const Status opened = open(); !opened) return opened.error();
  visitor.begin(visitor.to);
  interrupted_ = false;
  if (const Status sent = send(type, head, more); !sent) return sent.error();
  while (true) {
    received_.clear();
    sockaddr_nl sender{};
    socklen_t sender_size = sizeof sender;
    const ssize_t length = ::recvfrom(socket_.get(), received_.room(kReceive), kReceive, MSG_TRUNC,
                                      reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == ENOBUFS) {
      socket_.reset();  // pieces were lost, and the rest of them would come into the next answer
      return Answer::interrupted;
    }
    if (length < 0 && errno == EAGAIN) return {Errc::timeout, "netlink: the kernel did not answer"};
    if (length < 0) return error_from_errno(errno, kWhat);
    if (static_cast<std::size_t>(length) > kReceive) return {Errc::malformed, "netlink: an answer of more than 32 KiB"};
    if (sender.nl_pid != 0) continue;  // another process: not our business
    received_.commit(static_cast<std::size_t>(length));
    const Result<Answer> answer = read_answer(received_.view(), visitor);
    if (!answer || *answer != Answer::more) return answer;
  }
}

Result<Netlink::Answer> Netlink::read_answer(std::string_view datagram, const Visitor& visitor) {
  MessageReader messages(datagram);
  while (const auto message = messages.next()) {
    if (message->sequence != sequence_) continue;  // of a question that was given up
    interrupted_ = interrupted_ || (message->flags & NLM_F_DUMP_INTR) != 0;
    if (message->type == NLMSG_DONE || message->type == NLMSG_ERROR) {
      // Both begin with an error number: a dump can fail at its end too.
      const int error = message->head<int>().value_or(0);
      if (error != 0) return error_from_errno(-error, kWhat);
      return interrupted_ ? Answer::interrupted : Answer::done;
    }
    if (message->type >= NLMSG_MIN_TYPE) visitor.message(visitor.to, *message);
  }
  if (messages.broken()) return {Errc::malformed, "netlink: a message whose length cannot be right"};
  return Answer::more;
}

Status Netlink::open() {
  Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol_));
  if (!socket) {
    if (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT) return Errc::no_data;
    return error_from_errno(errno, kWhat);
  }
  const timeval timeout{timeout_.count() / 1000, (timeout_.count() % 1000) * 1000};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) != 0)
    return error_from_errno(errno, kWhat);
  socket_ = std::move(socket);
  return ok();
}

Status Netlink::send(std::uint16_t type, std::string_view head, std::string_view more) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + head.size() + more.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header.nlmsg_seq = ++sequence_;
  const auto piece = [](const void* data, std::size_t size) { return iovec{const_cast<void*>(data), size}; };
  iovec pieces[] = {piece(&header, sizeof header), piece(head.data(), head.size()), piece(more.data(), more.size())};
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  msghdr message{};
  message.msg_name = &kernel;
  message.msg_namelen = sizeof kernel;
  message.msg_iov = pieces;
  message.msg_iovlen = more.empty() ? 2 : 3;
  while (::sendmsg(socket_.get(), &message, 0) < 0)
    if (errno != EINTR) return error_from_errno(errno, kWhat);
  return ok();
}

}  // namespace finwatch
