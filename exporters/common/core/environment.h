// Everything outside the program that a collector may touch: where /proc and /sys are, what time it is, where to complain.
// A test points it at a fixture tree and a hand-wound clock; a container points it at /host/proc.
//
//   Env env{.procfs = "/host/proc"};
//   KeptFile stat(env.proc("stat"));
//
// env.shared<T>() is one T for all collectors made from the same Env (and copies of it): that is how two collectors that
// need /proc/stat read it once a scrape. T is built from `const Env&`, lives as long as any copy, and guards itself with a mutex.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <typeindex>

#include "core/clock.h"
#include "core/log.h"

namespace finwatch {

const Clock& system_clock();

struct Env {
  std::string procfs = "/proc";
  std::string sysfs = "/sys";
  std::string rootfs = "/";
  std::string udev_data = "/run/udev/data";
  const Clock* clock = &system_clock();
  Log* log = &silent_log();

  std::string proc(std::string_view path) const { return join(procfs, path); }
  std::string sys(std::string_view path) const { return join(sysfs, path); }
  std::string root(std::string_view path) const { return join(rootfs, path); }

  /// The trees are the running kernel's own, so netlink and system calls speak of the same machine as the files do.
  bool live_proc() const { return procfs == "/proc"; }
  bool live_sys() const { return sysfs == "/sys"; }

  static std::string join(std::string_view folder, std::string_view path);

  template <class T>
  std::shared_ptr<T> shared() const {
    const std::lock_guard lock(shelf->mutex);
    std::shared_ptr<void>& slot = shelf->slots[std::type_index(typeid(T))];
    if (!slot) slot = std::make_shared<T>(*this);
    return std::static_pointer_cast<T>(slot);
  }

  /// Where shared<T>() keeps its objects.
  struct Shelf {
    std::recursive_mutex mutex;
    std::map<std::type_index, std::shared_ptr<void>> slots;
  };
  std::shared_ptr<Shelf> shelf = std::make_shared<Shelf>();
};

}  // namespace finwatch
