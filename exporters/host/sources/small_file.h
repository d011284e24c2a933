// Files of which there are many and each is small: read into one buffer that all of them share.
//
//   SmallFile stat_;
//   if (stat_.read(path, KeepOpen::yes, text_) == 0) use(text_.view());
#pragma once

#include "core/buffer.h"
#include "core/files.h"

namespace finwatch::host {

/// Reads a file of at most 64 KiB into `into`, whose memory is kept. The errno, 0 when it went well.
int read_small(const char* path, Buffer& into);
int read_small(const Descriptor& file, Buffer& into);

enum class KeepOpen : bool { no, yes };

class SmallFile {
 public:
  /// The same through the descriptor that was kept the last time; when that one went stale the path is opened again.
  int read(const char* path, KeepOpen keep, Buffer& into);
  void close() { kept_.reset(); }

 private:
  Descriptor kept_;
};

}  // namespace finwatch::host
