#include "host/sources/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace finwatch::host {
namespace {

constexpr std::size_t kPiece = 4096;
constexpr std::size_t kMost = 16 * kPiece;

Descriptor open_to_read(const char* path) { return Descriptor(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)); }

}  // namespace

int read_small(const char* path, Buffer& into) {
  const Descriptor file = open_to_read(path);
  if (file) return read_small(file, into);
  into.clear();
  return errno;
}

int read_small(const Descriptor& file, Buffer& into) {
  into.clear();
  while (true) {
    const ssize_t count = ::pread(file.get(), into.room(kPiece), kPiece, static_cast<off_t>(into.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    into.commit(static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < kPiece || into.size() >= kMost) return 0;
  }
}

int SmallFile::read(const char* path, KeepOpen keep, Buffer& into) {
  if (kept_ && read_small(kept_, into) == 0) return 0;
  kept_.reset();
  if (keep == KeepOpen::no) return read_small(path, into);
  kept_ = open_to_read(path);
  if (!kept_) {
    into.clear();
    return errno;
  }
  const int error = read_small(kept_, into);
  if (error != 0) kept_.reset();
  return error;
}

}  // namespace finwatch::host
