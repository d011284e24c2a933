#include "web/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/text.h"

namespace finwatch {
namespace {

constexpr int kBacklog = 1024;

std::string describe(int socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(socket, address, &length) != 0) return "unknown";
  if (storage.ss_family == AF_UNIX) {
    const auto* name = reinterpret_cast<const sockaddr_un*>(&storage);
    return std::string("unix:") + name->sun_path;
  }
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (::getnameinfo(address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "unknown";
  return storage.ss_family == AF_INET6 ? "[" + std::string(host) + "]:" + port : std::string(host) + ":" + port;
}

std::string_view next_step(int number) {
  if (number == EADDRINUSE) return "another program listens there: stop it or choose another --web.listen-address";
  if (number == EADDRNOTAVAIL) return "this machine has no such address: see `ip address`";
  if (number == EACCES || number == EPERM) return "not allowed: choose a port above 1023 or a folder this user may write to";
  if (number == EAFNOSUPPORT) return "the kernel was started without this kind of address";
  return "see --web.listen-address";
}

Error listen_error(const std::string& address, int number) {
  Error error = error_from_errno(number, "cannot listen on " + address);
  error.message += "; ";
  error.message += next_step(number);
  return error;
}

Error bad_address(const std::string& address, std::string_view why) {
  return {Errc::config,
          "listen address \"" + address + "\": " + std::string(why) + "; write host:port, :port, [IPv6]:port or unix:/path"};
}

Result<Listener> finish(Descriptor socket, const std::string& asked) {
  if (::listen(socket.get(), kBacklog) != 0) return listen_error(asked, errno);
  Listener listener;
  listener.address = describe(socket.get());
  listener.socket = std::move(socket);
  return listener;
}

// A socket file that nobody listens on is what a killed process left: it may go. Anything else stays.
Status clear_stale_socket(const sockaddr_un& name, const std::string& asked) {
  struct stat status {};
  if (::lstat(name.sun_path, &status) != 0) return errno == ENOENT ? ok() : Status(listen_error(asked, errno));
  if (!S_ISSOCK(status.st_mode))
    return {Errc::config,
            "cannot listen on " + asked + ": the file exists and is not a socket; remove it or choose another path"};
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 || errno != ECONNREFUSED)
    return listen_error(asked, EADDRINUSE);
  if (::unlink(name.sun_path) != 0) return listen_error(asked, errno);
  return ok();
}

Result<Listener> open_unix(const std::string& asked, const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path)
    return bad_address(asked, "the path must have 1 to " + std::to_string(sizeof name.sun_path - 1) + " bytes");
  std::memcpy(name.sun_path, path.data(), path.size());
  if (const Status cleared = clear_stale_socket(name, asked); !cleared) return cleared.error();
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    return listen_error(asked, errno);
  Result<Listener> listener = finish(std::move(socket), asked);
  if (listener) listener->unix_path = path;
  return listener;
}

Result<Listener> open_tcp(const std::string& asked, const addrinfo& info, bool every_address) {
  Descriptor socket(::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return listen_error(asked, errno);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int only_six = every_address ? 0 : 1;
  if (info.ai_family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_six, sizeof only_six);
  if (::bind(socket.get(), info.ai_addr, info.ai_addrlen) != 0) return listen_error(asked, errno);
  return finish(std::move(socket), asked);
}

Result<Listener> open_resolved(const std::string& asked, const std::string& host, const std::string& port, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found); failed != 0)
    return bad_address(asked, ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  const addrinfo* chosen = found;
  for (const addrinfo* other = found; other != nullptr; other = other->ai_next)
    if (other->ai_family == AF_INET && chosen->ai_family != AF_INET) chosen = other;  // a name: IPv4 first, as Go does
  return open_tcp(asked, *chosen, host.empty());
}

}  // namespace

Listener::~Listener() {
  if (socket && !unix_path.empty()) ::unlink(unix_path.c_str());
}

Result<Listener> open_listener(const std::string& address) {
  if (address.starts_with("vsock:")) return bad_address(address, "vsock is not served");
  if (address.starts_with("unix:")) return open_unix(address, address.substr(5));
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return bad_address(address, "the port is missing");
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (!to_number<std::uint16_t>(port)) return bad_address(address, "the port must be a number from 0 to 65535");
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string::npos) return bad_address(address, "an IPv6 address needs brackets");
  if (!host.empty()) return open_resolved(address, host, port, AF_UNSPEC);
  Result<Listener> both = open_resolved(address, host, port, AF_INET6);
  if (both) return both;
  Result<Listener> four = open_resolved(address, host, port, AF_INET);  // a kernel without IPv6
  return four ? std::move(four) : std::move(both);
}

Result<std::vector<Listener>> take_systemd_listeners(std::string_view pid, std::string_view count, int first) {
  const auto wanted = to_number<int>(count);
  if (to_number<pid_t>(pid) != ::getpid() || !wanted || *wanted < 1)
    return {Errc::config,
            "--web.systemd-socket: systemd passed no socket to this process (LISTEN_PID, LISTEN_FDS); start it through its "
            ".socket unit, or leave the flag out"};
  std::vector<Listener> listeners;
  for (int number = first; number < first + *wanted; ++number) {
    int listening = 0;
    socklen_t length = sizeof listening;
    if (::getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 || listening == 0)
      return {Errc::config, "--web.systemd-socket: descriptor " + std::to_string(number) +
                                " is not a listening stream socket; the .socket unit needs ListenStream= and Accept=no"};
    ::fcntl(number, F_SETFD, FD_CLOEXEC);
    ::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) | O_NONBLOCK);
    Listener& listener = listeners.emplace_back();
    listener.socket.reset(number);
    listener.address = describe(number);
  }
  return listeners;
}

}  // namespace finwatch
