// A small file in /sys that is read at every scrape. Its descriptor stays open and all files share one buffer, so hundreds of
// sensors cost a path and a descriptor each, and no memory that is 4 KiB large.
//
//   SensorFile temp(folder + "temp1_input");
//   if (const auto value = temp.number<double>(room_)) family.add(*value * 0.001, …);
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/buffer.h"
#include "core/text.h"
#include "host/sources/small_file.h"

namespace finwatch::host {

/// What was read of an attribute, trimmed. The kernel hands out one page at most.
inline std::string_view attribute_text(const Buffer& room) { return trim(room.view().substr(0, 4096)); }

/// True for a file, also behind a link: not for a folder, nor for a link that leads nowhere or in a circle.
inline bool is_file(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode);
}

class SensorFile {
 public:
  explicit SensorFile(std::string path, KeepOpen keep = KeepOpen::yes) : path_(std::move(path)), keep_(keep) {}

  /// 0, or the errno; the text is in `room` then, and stays until the next use of `room`.
  int read(Buffer& room) { return file_.read(path_.c_str(), keep_, room); }
  /// Trimmed; empty when the kernel has no answer (EAGAIN, ENODATA, EINVAL: sensors often have none).
  std::string_view text(Buffer& room) { return read(room) == 0 ? attribute_text(room) : std::string_view(); }
  template <class T>
  std::optional<T> number(Buffer& room) {
    return to_number<T>(text(room));
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  KeepOpen keep_;
  SmallFile file_;
};

}  // namespace finwatch::host
