// Asking systemd over D-Bus, on a connection that stays open. Nothing here waits past the deadline.
//
//   SystemdBus bus(env, SystemdBus::Door::system_bus);
//   bus.list_units(deadline, [&](const SystemdUnit& unit) { … });
//   SystemdProperty wanted[] = {{.path = kSystemdManager, .interface = kSystemdManagerInterface, .name = "Version", .text = &version}};
//   bus.get(wanted, deadline);          // all are on their way at once; what systemd does not know stays as it was
//
// Errors: no_data (no bus, or no systemd on it), permission, timeout, malformed, unavailable. After an error the connection
// is made anew.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/environment.h"
#include "core/result.h"

namespace finwatch::host {

inline constexpr const char* kSystemdManager = "/org/freedesktop/systemd1";
inline constexpr const char* kSystemdManagerInterface = "org.freedesktop.systemd1.Manager";

struct SystemdUnit {
  std::string_view name;
  std::string_view load_state;
  std::string_view active_state;
  const char* path = nullptr;  // of its object
};

/// A property and where its value goes; one of `text` and `number` is given.
struct SystemdProperty {
  const char* path = nullptr;
  const char* interface = nullptr;
  const char* name = nullptr;
  std::optional<std::string>* text = nullptr;
  std::optional<std::uint64_t>* number = nullptr;
};

class SystemdBus {
 public:
  /// The bus at /run/dbus/system_bus_socket below env.rootfs (or what DBUS_SYSTEM_BUS_ADDRESS names, when that is /), or
  /// systemd's own socket /run/systemd/private, which is for root.
  enum class Door : unsigned char { system_bus, private_socket };

  SystemdBus(const Env& env, Door door);
  ~SystemdBus();

  Status list_units(SteadyTime deadline, const std::function<void(const SystemdUnit&)>& each);
  Status get(std::span<const SystemdProperty> wanted, SteadyTime deadline);

 private:
  struct Connection;

  Status open(SteadyTime deadline);
  Status list_once(SteadyTime deadline, const std::function<void(const SystemdUnit&)>& each);
  Status get_some(std::span<const SystemdProperty> wanted, SteadyTime deadline);

  const Door door_;
  std::string path_;     // of the socket, when it is known
  std::string address_;  // as D-Bus writes it
  std::unique_ptr<Connection> connection_;
};

}  // namespace finwatch::host
