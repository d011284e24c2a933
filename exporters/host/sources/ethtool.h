// The one system call behind ethtool(8), in a place where a test can stand in for the kernel.
//
//   ethtool_drvinfo driver{.cmd = ETHTOOL_GDRVINFO};
//   if (ethtool_->ask("eth0", &driver) == 0) use(driver.version);
//
//   env.shared<Ethtool>()->stand_in([](std::string_view device, void* command) { … return EOPNOTSUPP; });    in a test
#pragma once

#include <functional>
#include <string_view>

#include "core/environment.h"
#include "core/files.h"

namespace finwatch::host {

class Ethtool {
 public:
  using Answer = std::function<int(std::string_view device, void* command)>;

  explicit Ethtool(const Env& env) : live_(env.live_sys()) {}

  /// There is a kernel (or a test) to ask: over a fixture tree there is none.
  bool available() const { return live_ || answer_; }
  /// SIOCETHTOOL: `command` is a structure of <linux/ethtool.h> with its cmd filled in. Returns 0 or an errno.
  int ask(std::string_view device, void* command);
  void stand_in(Answer answer) { answer_ = std::move(answer); }

 private:
  bool live_;
  Descriptor socket_;
  Answer answer_;
};

}  // namespace finwatch::host
