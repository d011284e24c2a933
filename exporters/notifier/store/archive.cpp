#include "notifier/store/archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "core/date.h"
#include "core/json.h"
#include "core/text.h"
#include "notifier/store/disk.h"

namespace finwatch::notifier {
namespace {

// Where the last whole line ends.
Result<off_t> end_of_lines(int file, const std::string& path) {
  struct stat about {};
  if (::fstat(file, &about) != 0) return error_from_errno(errno, path);
  std::array<char, 4096> part;
  for (off_t end = about.st_size; end > 0;) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(part.size()));
    const ssize_t got = ::pread(file, part.data(), static_cast<std::size_t>(end - begin), begin);
    if (got != end - begin) return error_from_errno(got < 0 ? errno : EIO, path);
    const std::size_t at = std::string_view(part.data(), static_cast<std::size_t>(got)).rfind('\n');
    if (at != std::string_view::npos) return begin + static_cast<off_t>(at) + 1;
    end = begin;
  }
  return off_t{0};
}

bool write_all(int file, std::string_view text, off_t at) {
  while (!text.empty()) {
    const ssize_t written = ::pwrite(file, text.data(), text.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
  return true;
}

Status append(const std::string& path, std::string_view text) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return error_from_errno(errno, "cannot open the archive " + path);
  const Result<off_t> end = end_of_lines(file.get(), path);
  if (!end) return end.error();
  if (::ftruncate(file.get(), *end) == 0 && write_all(file.get(), text, *end) && ::fsync(file.get()) == 0) return ok();
  const int number = errno;
  // Only tidiness: half a line would be cut off by the next add().
  static_cast<void>(::ftruncate(file.get(), *end) == 0);
  return {Errc::unavailable,
          error_from_errno(number, "cannot write the archive " + path).message + "; nothing was removed from the journal"};
}

// "2026-05" of {…,"closed":"2026-05-01T…",…}
std::optional<std::string> month_of_line(std::string_view line) {
  const Result<Json> json = Json::parse(line);
  if (!json || json->root().kind() != JsonRef::Kind::map) return std::nullopt;
  const auto closed = json->root().find("closed");
  if (!closed || !parse_day(closed->text().substr(0, 10))) return std::nullopt;
  return std::string(closed->text().substr(0, 7));
}

}  // namespace

Result<Archive> Archive::open(std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (Status made = make_private_folder(folder); !made) return made.error();
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return error_from_errno(errno, "cannot write into the archive " + folder);
  return Archive(std::move(folder));
}

Status Archive::add(std::string_view lines) {
  std::map<std::string, std::string> months;
  for (LineReader reader(lines); const auto line = reader.next();) {
    const std::optional<std::string> month = month_of_line(*line);
    if (!month) return {Errc::malformed, "a line for the archive is no incident that was closed"};
    months[*month].append(*line) += '\n';
  }
  for (const auto& [month, text] : months)
    if (Status status = append(folder_ + "/incidents-" + month + ".jsonl", text); !status) return status;
  return sync_folder(folder_);
}

}  // namespace finwatch::notifier
