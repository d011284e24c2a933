#include "core/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/text.h"

namespace finwatch {
namespace {

constexpr std::size_t kFirstRead = 4096;
constexpr std::size_t kMostText = std::size_t{16} << 20;
constexpr std::size_t kMostAttribute = std::size_t{64} << 10;

}  // namespace

Error error_from_errno(int number, std::string_view what) {
  Errc code = Errc::unavailable;
  if (number == ENOENT || number == ENODEV || number == ENXIO || number == ENOTDIR || number == EOPNOTSUPP)
    code = Errc::no_data;
  if (number == EACCES || number == EPERM) code = Errc::permission;
  if (number == ETIMEDOUT) code = Errc::timeout;
  char text[128];
  return {code, std::string(what) + ": " + strerror_r(number, text, sizeof text)};
}

void Descriptor::reset(int number) {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

Result<std::string_view> KeptFile::read() {
  const bool was_open = static_cast<bool>(descriptor_);
  if (!was_open) {
    descriptor_.reset(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    // Absence is an ordinary answer, given at every scrape: it costs no message.
    if (!descriptor_ && errno == ENOENT) return Errc::no_data;
    if (!descriptor_) return error_from_errno(errno, path_);
  }
  Result<std::string_view> text = fill();
  if (text) return text;
  descriptor_.reset();
  // What was open may be a device that has gone and come back under the same name: one more try, with a new descriptor.
  return was_open ? read() : std::move(text);
}

Result<std::string_view> KeptFile::fill() {
  text_.clear();
  text_.reserve(kFirstRead);
  while (true) {
    const std::size_t room = text_.capacity() - text_.size();
    const ssize_t count = ::pread(descriptor_.get(), text_.room(room), room, static_cast<off_t>(text_.size()));
    if (count < 0) {
      if (errno == EINTR) continue;
      return error_from_errno(errno, path_);
    }
    text_.commit(static_cast<std::size_t>(count));
    const bool full = text_.size() == text_.capacity();
    if (count == 0 || (mode_ == ReadMode::one && !full)) return text_.view();
    if (text_.size() >= kMostText) return {Errc::malformed, path_ + ": larger than 16 MiB"};
    if (full) text_.reserve(text_.capacity() * 2);
    if (full && mode_ == ReadMode::one) text_.clear();  // one piece means one moment: read it again, whole
  }
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return error_from_errno(errno, path);
  std::string text;
  char piece[kFirstRead];
  while (true) {
    const ssize_t count = ::read(file.get(), piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return error_from_errno(errno, path);
    if (count == 0) return text;
    text.append(piece, static_cast<std::size_t>(count));
    if (text.size() > limit) return {Errc::malformed, path + ": larger than " + std::to_string(limit) + " bytes"};
  }
}

std::string read_attribute(const std::string& path) {
  const Result<std::string> text = read_file(path, kMostAttribute);
  return text ? std::string(trim(*text)) : std::string();
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return error_from_errno(errno, path);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

std::string read_link(const std::string& path) {
  char target[4096];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  return length < 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

}  // namespace finwatch
