// What a piece of work costs, counted: allocations of the heap, and calls into the kernel.
//
//   CHECK(allocations_in([&] { scrape(); }) == 0);               // of every thread
//   const Cost cost = cost_in([&] { run(); });                   // of this thread alone
//
// malloc itself is replaced, so what a library or the C library allocates counts too. Of the calls into the kernel those count that
// a loop makes over and over: sockets, what goes through them, and waiting; what the C library calls within itself is not seen.
#pragma once

#include <cstdint>

namespace finwatch::test {

struct Cost {
  std::uint64_t allocations = 0;
  std::uint64_t calls = 0;
};

/// Between these two, which may not be nested.
void begin_counting(bool every_thread);
Cost end_counting();

template <class Work>
std::uint64_t allocations_in(Work work) {
  begin_counting(true);
  work();
  return end_counting().allocations;
}

template <class Work>
Cost cost_in(Work work) {
  begin_counting(false);
  work();
  return end_counting();
}

}  // namespace finwatch::test
