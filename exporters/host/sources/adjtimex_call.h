// adjtimex(2): what the kernel knows of its clock. Asking needs no right and changes nothing.
//
//   const auto call = env.shared<AdjtimexCall>();
//   call->replace([](timex& into) { into.offset = 7; return TIME_OK; });      // in a test, before the first scrape
#pragma once

#include <sys/timex.h>

#include <functional>
#include <utility>

#include "core/environment.h"

namespace finwatch::host {

class AdjtimexCall {
 public:
  /// The state of the clock (TIME_OK … TIME_ERROR), or -1 and errno.
  using Function = std::function<int(timex& into)>;

  explicit AdjtimexCall(const Env&) {}
  void replace(Function function) { function_ = std::move(function); }
  int operator()(timex& into) const { return function_(into); }

 private:
  Function function_ = [](timex& into) { return ::adjtimex(&into); };
};

}  // namespace finwatch::host
