#include "core/device_watch.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>

namespace finwatch {
namespace {

constexpr std::chrono::seconds kLongestTrust{60};
constexpr unsigned kKernelGroup = 1;  // group 2 is udev's own

Descriptor open_uevent_socket() {
  Descriptor socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  if (!socket) return {};
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kKernelGroup;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return socket;
}

}  // namespace

DeviceWatch::DeviceWatch(const Env& env) : clock_(*env.clock) {
  if (env.live_sys()) socket_ = open_uevent_socket();
}

std::uint64_t DeviceWatch::generation(std::uint64_t scrape) {
  const std::lock_guard lock(mutex_);
  if (scrape == scrape_ && generation_ != 0) return generation_;
  scrape_ = scrape;
  const SteadyTime now = clock_.steady();
  if (generation_ == 0 || !socket_ || anything_announced() || now - moved_ >= kLongestTrust) {
    ++generation_;
    moved_ = now;
  }
  return generation_;
}

bool DeviceWatch::anything_announced() {
  char message[8192];
  bool any = false;
  while (true) {
    const ssize_t length = ::recv(socket_.get(), message, sizeof message, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) return any;
    any = true;  // an announcement, or ENOBUFS: announcements were lost
    if (length < 0 && errno != ENOBUFS) {
      socket_.reset();
      return true;
    }
  }
}

}  // namespace finwatch
