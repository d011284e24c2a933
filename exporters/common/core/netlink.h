// Asking the kernel over netlink: one socket that stays open, one dump at a time, nothing allocated after the first.
//
//   Netlink netlink(NETLINK_ROUTE);
//   const Status status = netlink.dump(RTM_GETLINK, ifinfomsg{}, [&] { links.clear(); }, [&](const NetlinkMessage& message) {
//     const auto info = message.head<ifinfomsg>();
//     for (AttributeReader attributes(message.tail<ifinfomsg>()); const auto attribute = attributes.next();)
//       if (attribute->type == IFLA_MTU) mtu = attribute->number<std::uint32_t>().value_or(0);
//   });
//
// A dump that was interrupted (the table changed, the queue overflowed) is asked for once more, after `begin` was called
// again. No wait is longer than the receive timeout. What the kernel says is checked before it is read: lengths, sequence
// numbers, the sender.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/buffer.h"
#include "core/files.h"
#include "core/result.h"

namespace finwatch {

/// The first bytes of `bytes` as a T; nothing when there are fewer.
template <class T>
std::optional<T> read_struct(std::string_view bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

struct NetlinkAttribute {
  std::uint16_t type = 0;  // without the flags for nesting and byte order
  std::string_view bytes;

  template <class T>
  std::optional<T> number() const {
    return read_struct<T>(bytes);
  }
  /// Up to the first zero byte.
  std::string_view text() const { return bytes.substr(0, bytes.find('\0')); }
};

/// The attributes in a piece of a message (or in a nested attribute), up to the first one whose length cannot be right.
class AttributeReader {
 public:
  explicit AttributeReader(std::string_view bytes) : rest_(bytes) {}
  std::optional<NetlinkAttribute> next();

 private:
  std::string_view rest_;
};

struct NetlinkMessage {
  std::uint16_t type = 0;
  std::string_view bytes;  // behind the header
  std::uint32_t sequence = 0;
  std::uint16_t flags = 0;

  template <class T>
  std::optional<T> head() const {
    return read_struct<T>(bytes);
  }
  /// What follows a T: the attributes.
  template <class T>
  std::string_view tail() const {
    constexpr std::size_t kAligned = (sizeof(T) + 3) & ~std::size_t{3};
    return bytes.size() < kAligned ? std::string_view() : bytes.substr(kAligned);
  }
};

/// The messages in one datagram, up to the first one whose length cannot be right.
class MessageReader {
 public:
  explicit MessageReader(std::string_view datagram) : rest_(datagram) {}
  std::optional<NetlinkMessage> next();
  /// next() said nothing, and yet something is left that is no message.
  bool broken() const { return !rest_.empty(); }

 private:
  std::string_view rest_;
};

class Netlink {
 public:
  explicit Netlink(int protocol, std::chrono::milliseconds timeout = std::chrono::seconds{1})
      : protocol_(protocol), timeout_(timeout) {}

  /// Calls begin(), then message(m) for every message of the answer to `type`. `more` follows the head in the request.
  /// Errors: no_data (no such protocol in this kernel), permission, timeout, unavailable, malformed.
  template <class Head, class Begin, class Message>
  Status dump(std::uint16_t type, const Head& head, Begin&& begin, Message&& message, std::string_view more = {}) {
    static_assert(std::is_trivially_copyable_v<Head> && sizeof(Head) % 4 == 0);
    const std::string_view bytes(reinterpret_cast<const char*>(&head), sizeof head);
    using Pair = std::pair<std::remove_reference_t<Begin>*, std::remove_reference_t<Message>*>;
    Pair calls{&begin, &message};
    const Visitor visitor{&calls, [](void* to) { (*static_cast<Pair*>(to)->first)(); },
                          [](void* to, const NetlinkMessage& m) { (*static_cast<Pair*>(to)->second)(m); }};
    return dump_bytes(type, bytes, more, visitor);
  }

 private:
  struct Visitor {
    void* to;
    void (*begin)(void*);
    void (*message)(void*, const NetlinkMessage&);
  };
  enum class Answer : unsigned char { more, done, interrupted };

  Status dump_bytes(std::uint16_t type, std::string_view head, std::string_view more, const Visitor& visitor);
  Result<Answer> dump_once(std::uint16_t type, std::string_view head, std::string_view more, const Visitor& visitor);
  Result<Answer> read_answer(std::string_view datagram, const Visitor& visitor);
  Status open();
  Status send(std::uint16_t type, std::string_view head, std::string_view more);

  int protocol_;
  std::chrono::milliseconds timeout_;
  Descriptor socket_;
  Buffer received_;
  std::uint32_t sequence_ = 0;
  bool interrupted_ = false;
};

}  // namespace finwatch
