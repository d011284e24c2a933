// How systemd and a program talk: readiness, reloads, and the watchdog. A no-op outside systemd.
//
//   Service service;
//   service.notify("READY=1");
//   wait_for_signal(service.watchdog_interval());      // 0: no watchdog asked for
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace finwatch {

class Service {
 public:
  Service();
  /// Lines of the sd_notify protocol: "READY=1", "RELOADING=1\nMONOTONIC_USEC=…", "STOPPING=1", "WATCHDOG=1", "STATUS=…".
  void notify(std::string_view state) const;
  void notify_reloading() const;
  /// Half of WATCHDOG_USEC when it is meant for this process, else 0.
  std::chrono::microseconds watchdog_interval() const { return watchdog_interval_; }

 private:
  std::string socket_;  // a path, or '@' and a name of the abstract space; empty outside systemd
  std::chrono::microseconds watchdog_interval_{0};
};

}  // namespace finwatch
