// A machine with as many processors as one likes: what /proc and /sys say of them, in a temporary tree.
//
//   const TemporaryTree tree;
//   write_many_cpus(tree, 256);
#pragma once

#include "support/collector_test.h"

namespace finwatch::test {

/// Two packages, two threads a core, a frequency of its own for each CPU, 64 interrupts.
void write_many_cpus(const TemporaryTree& tree, int cpus);

}  // namespace finwatch::test
