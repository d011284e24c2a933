// Ends a driver's call at its deadline by shutting its socket down: the only thing that helps against a server that is
// frozen, because the kernel goes on to acknowledge and the driver goes on to wait.
//
//   SocketWatchdog::Watch watch(socket, deadline);     // on the stack, around the driver's call
//   driver.execute(statement);                         // returns with an error at the deadline
//   if (watch.bit()) …                                 // it was us
//
// One thread for all sessions of the process, started by the first watch; it sleeps while nobody is watched.
#pragma once

#include "core/clock.h"

namespace finwatch {

class SocketWatchdog {
 public:
  class Watch {
   public:
    /// `socket` stays open while the watch lives. A negative one is not watched.
    Watch(int socket, SteadyTime deadline);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// The deadline came, and the socket is shut down.
    bool bit() const;

   private:
    friend class SocketWatchdog;
    const int socket_;
    const SteadyTime deadline_;
    bool bit_ = false;
    Watch* previous_ = nullptr;
    Watch* next_ = nullptr;
  };
};

}  // namespace finwatch
