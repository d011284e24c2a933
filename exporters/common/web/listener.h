// The sockets a program listens on, opened before anything else so that a wrong address is told at once.
//
//   Result<Listener> listener = open_listener("[::1]:19600");
//   accept on listener->socket.get(); show listener->address
#pragma once

#include <string>
#include <vector>

#include "core/files.h"
#include "core/result.h"

namespace finwatch {

struct Listener {
  Descriptor socket;
  std::string address;    // "127.0.0.1:41873", "[::]:19600", "unix:/run/finwatch.sock"
  std::string unix_path;  // removed when the server stops; empty for TCP and for sockets that systemd owns

  Listener() = default;
  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) noexcept = default;
  ~Listener();
};

/// "127.0.0.1:19600", "localhost:19600", "[::1]:19600", ":19600" (every address, IPv6 and IPv4), "unix:/path".
/// config: not an address. Otherwise the system's reason, with the next step.
Result<Listener> open_listener(const std::string& address);

/// The sockets that systemd passed to this process. `pid` and `count` are LISTEN_PID and LISTEN_FDS ("" when not set);
/// the first descriptor is `first`, 3 by systemd's convention.
Result<std::vector<Listener>> take_systemd_listeners(std::string_view pid, std::string_view count, int first = 3);

}  // namespace finwatch
