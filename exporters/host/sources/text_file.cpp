#include "host/sources/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/files.h"

namespace finwatch::host {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// File times tick in steps of a few milliseconds: a file that changed so short a time before it was read may have changed
// once more within the same step, and is read again.
constexpr seconds kSettles{2};

WallTime to_wall(const timespec& time) {
  return WallTime{std::chrono::duration_cast<WallTime::duration>(seconds{time.tv_sec} + nanoseconds{time.tv_nsec})};
}
bool same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

bool TextFile::same(const Identity& a, const Identity& b) {
  return a.device == b.device && a.inode == b.inode && a.size == b.size && host::same(a.modified, b.modified) &&
         host::same(a.changed, b.changed);
}

bool TextFile::look(WallTime now, std::size_t most) {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return absent(errno);
  gone_ = false;
  const Identity identity{status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
  const bool fits = static_cast<std::size_t>(status.st_size) <= most;
  if (identity_ && same(*identity_, identity) && settled_ && fits != (problem_ == TextfileProblem::too_large)) return false;
  const std::optional<TextfileProblem> before = problem_;
  const bool first = !identity_;
  identity_ = identity;
  settled_ = now > to_wall(status.st_ctim) + kSettles;
  problem_ = load(status, most);
  // Permissions may change without a trace in the file: what could not be opened is tried again.
  if (problem_ == TextfileProblem::unreadable) settled_ = false;
  return first || !problem_ || problem_ != before;
}

bool TextFile::absent(int error) {
  const bool was_here = identity_.has_value() && !gone_;
  struct stat link {};
  gone_ = error == ENOENT && ::lstat(path_.c_str(), &link) != 0;
  identity_.reset();
  const std::optional<TextfileProblem> before = problem_;
  problem_ = gone_ ? std::nullopt : refuse(TextfileProblem::unreadable, error_from_errno(error, path_).message);
  if (gone_) refuse(TextfileProblem::unreadable, {});
  return was_here || problem_ != before;
}

// Drops what was read.
std::optional<TextfileProblem> TextFile::refuse(TextfileProblem problem, std::string message) {
  text_ = {};
  size_ = 0;
  message_ = std::move(message);
  return problem;
}

std::optional<TextfileProblem> TextFile::load(const struct stat& status, std::size_t most) {
  if (!S_ISREG(status.st_mode)) return refuse(TextfileProblem::not_a_file, path_ + ": expected a regular file");
  if (static_cast<std::size_t>(status.st_size) > most)
    return refuse(TextfileProblem::too_large,
                  path_ + ": " + std::to_string(status.st_size) + " bytes, at most " + std::to_string(most) + " are read");
  return read(most);
}

std::optional<TextfileProblem> TextFile::read(std::size_t most) {
  // Something else may have taken the place of the file meanwhile, and a pipe without a writer would hold us up.
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return refuse(TextfileProblem::unreadable, error_from_errno(errno, path_).message);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return refuse(TextfileProblem::not_a_file, path_ + ": expected a regular file");
  Buffer bytes(static_cast<std::size_t>(status.st_size) + 1);
  while (true) {
    const std::size_t room = bytes.capacity() - bytes.size();
    const ssize_t count = ::read(file.get(), bytes.room(room), room);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refuse(TextfileProblem::unreadable, error_from_errno(errno, path_).message);
    if (count == 0) break;
    bytes.commit(static_cast<std::size_t>(count));
    if (bytes.size() > most) return refuse(TextfileProblem::too_large, path_ + ": grew while it was read");
    if (bytes.size() == bytes.capacity()) bytes.reserve(bytes.capacity() * 2);
  }
  if (const auto problem = text_.parse(bytes.view()))
    return refuse(problem->kind == PromProblem::Kind::timestamp ? TextfileProblem::timestamp : TextfileProblem::malformed,
                  path_ + ":" + std::to_string(problem->line) + ": " + problem->message);
  size_ = bytes.size();
  message_.clear();
  return std::nullopt;
}

}  // namespace finwatch::host
