// A page as gzip (RFC 1952), piece by piece and fast rather than small: ISA-L at level 1.
//
//   if (gzip.begin(packed)) {
//     gzip.add("node_load1 ");
//     gzip.add("0.25\n");
//     gzip.end();                // packed now holds the whole of it
//   }
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

  /// Replaces what is in `out`, which must stay until end(). False when there is no memory for the compressor; `out` is then empty.
  bool begin(Buffer& out);
  /// Short pieces are gathered, long ones are compressed where they are.
  void add(std::string_view text);
  void end();

 private:
  struct Compressor;
  std::unique_ptr<Compressor> compressor_;  // made at the first use: a machine whose scraper takes plain text never pays
};

}  // namespace finwatch
