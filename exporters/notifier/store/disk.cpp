#include "notifier/store/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/text.h"

namespace finwatch::notifier {
namespace {

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

// "host1:19605\n4711\n": the name, then the process.
struct Written {
  std::string name, process;
};

Written read_written(const std::string& path) {
  const std::string text = read_attribute(path);
  LineReader lines(text);
  return {std::string(lines.next().value_or("")), std::string(lines.next().value_or(""))};
}

Status write_own_name(int file, std::string_view name) {
  const std::string text = std::string(name) + '\n' + std::to_string(::getpid()) + '\n';
  const bool written =
      ::ftruncate(file, 0) == 0 && ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  return written ? ok() : Status{error_from_errno(errno, "the lock file")};
}

}  // namespace

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : file.substr(0, slash);
}

Status make_private_folder(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0)
    return S_ISDIR(about.st_mode) ? ok() : Status{Errc::config, path + " is no folder; name another one, or move it away"};
  const std::string above = folder_of(path);
  if (above != path)
    if (Status made = make_private_folder(above); !made) return made;
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return error_from_errno(errno, "cannot make the folder " + path);
  return sync_folder(above);
}

Status sync_folder(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems have nothing to write of a folder, and say EINVAL.
  if (folder && (::fsync(folder.get()) == 0 || errno == EINVAL)) return ok();
  return error_from_errno(errno, "cannot write the folder " + path);
}

Result<FileLock> FileLock::take(const std::string& path, std::string_view name) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return error_from_errno(errno, "cannot open " + path);
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES) return error_from_errno(errno, "cannot lock " + path);
    const Written other = read_written(path);
    return {Errc::unavailable, path + ": held by finwatch-notifier " + other.name + " (process " + other.process + ")"};
  }
  if (Status status = write_own_name(file.get(), name); !status)
    return {status.error().code, path + ": " + status.error().message};
  return FileLock(std::move(file));
}

std::string FileLock::holder(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  struct flock lock = whole_file(F_RDLCK);
  if (::fcntl(file.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return {};
  return read_written(path).name;
}

}  // namespace finwatch::notifier
