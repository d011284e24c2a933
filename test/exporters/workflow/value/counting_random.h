// A random that can be foretold.
#pragma once

#include <span>

#include "crypto/crypto.h"

namespace finwatch::workflow::test {

/// Bytes 0, 1, 2, …
class CountingRandom final : public Random {
 public:
  void fill(std::span<unsigned char> bytes) override {
    for (unsigned char& byte : bytes) byte = next_++;
  }

 private:
  unsigned char next_ = 0;
};

}  // namespace finwatch::workflow::test
