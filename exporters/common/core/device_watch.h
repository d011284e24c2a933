// Has any device come or gone? One system call a scrape instead of a directory listing for every class in /sys.
//
//   auto watch = env.shared<DeviceWatch>();
//   if (seen_ != watch->generation(scrape.number)) { list_again(); seen_ = watch->generation(scrape.number); }
//
// The kernel announces devices on a netlink socket; the generation moves when it said anything, when its queue overflowed,
// and once a minute in any case. Over a fixture tree, or where the socket is refused, it moves at every scrape.
#pragma once

#include <cstdint>
#include <mutex>

#include "core/environment.h"
#include "core/files.h"

namespace finwatch {

class DeviceWatch {
 public:
  explicit DeviceWatch(const Env& env);
  /// `scrape` is Scrape::number: within one scrape the answer stays the same.
  std::uint64_t generation(std::uint64_t scrape);
  /// False over a fixture tree and where the socket is refused.
  bool hears_the_kernel() const { return static_cast<bool>(socket_); }

 private:
  bool anything_announced();

  const Clock& clock_;
  std::mutex mutex_;
  Descriptor socket_;
  std::uint64_t scrape_ = 0;
  std::uint64_t generation_ = 0;
  SteadyTime moved_{};
};

}  // namespace finwatch
