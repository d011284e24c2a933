// uname(2), in a place where a test can stand in for the kernel.
//
//   const auto call = env.shared<UnameCall>();
//   call->replace([](utsname& into) { … return 0; });      // in a test, before the first scrape
#pragma once

#include <sys/utsname.h>

#include <cerrno>
#include <functional>
#include <utility>

#include "core/environment.h"

namespace finwatch::host {

class UnameCall {
 public:
  /// 0, or the errno.
  using Function = std::function<int(utsname& into)>;

  explicit UnameCall(const Env&) {}
  void replace(Function function) { function_ = std::move(function); }
  int operator()(utsname& into) const { return function_(into); }

 private:
  Function function_ = [](utsname& into) { return ::uname(&into) == 0 ? 0 : errno; };
};

}  // namespace finwatch::host
