// The sockets that a driver opened, found from outside: what the watchdog shuts down.
#pragma once

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace finwatch {

/// A number of our own for a driver's socket. Drivers close theirs at an error, and the number may be somebody else's by then.
class SocketHandle {
 public:
  SocketHandle() = default;
  explicit SocketHandle(int drivers) : number_(drivers < 0 ? -1 : ::dup(drivers)) {}
  SocketHandle(SocketHandle&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  SocketHandle& operator=(SocketHandle&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~SocketHandle() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_ = -1;
};

/// The connected sockets of this process whose other end is a TCP port, or a socket file.
std::vector<int> sockets_to(int port, const std::string& file);

/// The port at this process' end of a TCP socket; 0 when it is none.
int local_port(int socket);

}  // namespace finwatch
