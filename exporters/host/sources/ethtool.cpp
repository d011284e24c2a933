#include "host/sources/ethtool.h"

#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

namespace finwatch::host {

int Ethtool::ask(std::string_view device, void* command) {
  if (answer_) return answer_(device, command);
  if (device.size() >= IFNAMSIZ) return ENODEV;
  if (!socket_) socket_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // A machine without IPv4 has netlink's socket for the same question.
  if (!socket_) socket_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 16 /* NETLINK_GENERIC */));
  if (!socket_) return errno;
  ifreq request{};
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = static_cast<char*>(command);
  return ::ioctl(socket_.get(), SIOCETHTOOL, &request) == 0 ? 0 : errno;
}

}  // namespace finwatch::host
