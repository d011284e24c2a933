// statvfs(3): the one call of finwatch-host that may never return. Nothing else touches a mount point.
//
//   const auto call = env.shared<StatCall>();
//   call->replace([](const char* path, struct statvfs& into) { … return 0; });      // in a test, before the first scrape
#pragma once

#include <sys/statvfs.h>

#include <cerrno>
#include <functional>
#include <utility>

#include "core/environment.h"

namespace finwatch::host {

class StatCall {
 public:
  /// 0, or the errno. May be called by several threads at once.
  using Function = std::function<int(const char* path, struct statvfs& into)>;

  explicit StatCall(const Env&) {}
  void replace(Function function) { function_ = std::move(function); }
  int operator()(const char* path, struct statvfs& into) const { return function_(path, into); }

 private:
  Function function_ = [](const char* path, struct statvfs& into) { return ::statvfs(path, &into) == 0 ? 0 : errno; };
};

}  // namespace finwatch::host
