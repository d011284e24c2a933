#include "sql/socket.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace finwatch {
namespace {

union AnyAddress {
  sockaddr any;
  sockaddr_in four;
  sockaddr_in6 six;
  sockaddr_un local;
};

int port_of(const AnyAddress& address) {
  if (address.any.sa_family == AF_INET) return ntohs(address.four.sin_port);
  if (address.any.sa_family == AF_INET6) return ntohs(address.six.sin6_port);
  return 0;
}

}  // namespace

std::vector<int> sockets_to(int port, const std::string& file) {
  std::vector<int> found;
  std::error_code problem;
  const std::filesystem::directory_iterator end;
  // Not a range: its step would throw, and descriptors come and go while it walks.
  for (std::filesystem::directory_iterator at("/proc/self/fd", problem); !problem && at != end; at.increment(problem)) {
    const int number = std::atoi(at->path().filename().c_str());  // NOLINT(cert-err34-c): the kernel wrote it
    AnyAddress address{};
    socklen_t size = sizeof address;
    if (::getpeername(number, &address.any, &size) != 0) continue;
    const bool fits =
        file.empty() ? port_of(address) == port : address.any.sa_family == AF_UNIX && file == address.local.sun_path;
    if (fits) found.push_back(number);
  }
  return found;
}

int local_port(int socket) {
  AnyAddress address{};
  socklen_t size = sizeof address;
  return ::getsockname(socket, &address.any, &size) == 0 ? port_of(address) : 0;
}

}  // namespace finwatch
