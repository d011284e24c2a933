// A page as gzip (RFC 1952), fast rather than small: libdeflate at level 1.
#pragma once

#include <memory>
#include <string_view>

#include "core/buffer.h"

namespace finwatch {

class Gzip {
 public:
  Gzip();
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  /// Replaces what is in `out`. False when there is no memory for the compressor; `out` is then empty.
  bool compress(std::string_view text, Buffer& out);

 private:
  struct Compressor;
  std::unique_ptr<Compressor> compressor_;  // made at the first use: a machine whose scraper takes plain text never pays
};

}  // namespace finwatch
