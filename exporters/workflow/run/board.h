// What is known of the flows: the engine writes it down, pages read it, from any thread.
//
//   board.read([&](const std::vector<FlowState>& flows) { … });      // quick: the engine waits meanwhile
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "workflow/run/report.h"

namespace finwatch::workflow {

class FlowBoard {
 public:
  template <class Work>
  void change(Work&& work) {
    const std::lock_guard lock(mutex_);
    work(flows_);
  }
  template <class Work>
  void read(Work&& work) const {
    const std::lock_guard lock(mutex_);
    work(std::as_const(flows_));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<FlowState> flows_;
};

}  // namespace finwatch::workflow
