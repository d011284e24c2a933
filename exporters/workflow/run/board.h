// What is known of the flows: the engine writes it down, pages read it, from any thread.
//
//   board.read([&](const std::vector<FlowState>& flows) { … });      // quick: the engine waits meanwhile
#pragma once

#include <atomic>
#include <cstdint>
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
  /// Lines that the journal could not take so far.
  std::uint64_t journal_errors() const { return journal_errors_; }
  void set_journal_errors(std::uint64_t count) { journal_errors_ = count; }

  template <class Work>
  void read(Work&& work) const {
    const std::lock_guard lock(mutex_);
    work(std::as_const(flows_));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<FlowState> flows_;
  std::atomic<std::uint64_t> journal_errors_{0};
};

}  // namespace finwatch::workflow
