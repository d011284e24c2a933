#include "host/sources/folder_reader.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "core/text.h"

namespace finwatch::host {
namespace {

constexpr std::size_t kMostFolders = 1000;
constexpr std::size_t kLongestPart = 256;  // of a pattern: a file name is no longer

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// Walks down the parts of a pattern; `path` is built and taken down again in kept memory.
template <class Visit>
class Expansion {
 public:
  Expansion(std::string& path, Visit& visit) : path_(path), visit_(visit) {}

  void descend(std::string_view rest) {
    while (rest.starts_with('/')) {
      path_ += '/';
      rest.remove_prefix(1);
    }
    if (rest.empty()) return found();
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(part.size());
    const std::size_t length = path_.size();
    if (part.find_first_of("*?[") == std::string_view::npos) {
      path_ += part;
      descend(rest);
    } else {
      match(part, rest);
    }
    path_.resize(length);
  }
  std::size_t count() const { return count_; }

 private:
  void match(std::string_view part, std::string_view rest) {
    if (part.size() >= kLongestPart) return;
    char pattern[kLongestPart];
    pattern[part.copy(pattern, part.size())] = '\0';
    FolderReader folder(path_.empty() ? "." : path_.c_str());
    if (!folder) return;
    const std::size_t length = path_.size();
    while (const auto entry = folder.next()) {
      const bool may_be_folder = entry->type == DT_DIR || entry->type == DT_LNK || entry->type == DT_UNKNOWN;
      if (!may_be_folder || utf8_prefix(entry->name) != entry->name.size()) continue;  // it becomes a label
      if (::fnmatch(pattern, entry->name.data(), 0) != 0) continue;
      path_ += entry->name;
      descend(rest);
      path_.resize(length);
    }
  }
  void found() {
    if (count_ == kMostFolders || !is_folder(path_)) return;
    ++count_;
    visit_(path_);
  }

  std::string& path_;
  Visit& visit_;
  std::size_t count_ = 0;
};

}  // namespace

FolderReader::FolderReader(const char* path) : folder_(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)) {
  if (!folder_) error_ = errno;
}

std::optional<FolderReader::Entry> FolderReader::next() {
  while (folder_) {
    if (at_ >= length_) {
      const ssize_t length = ::getdents64(folder_.get(), entries_, sizeof entries_);
      if (length < 0) error_ = errno;
      if (length <= 0) return std::nullopt;
      length_ = static_cast<std::size_t>(length);
      at_ = 0;
    }
    const auto* entry = reinterpret_cast<const dirent64*>(entries_ + at_);
    at_ += entry->d_reclen;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return Entry{name, entry->d_type};
  }
  return std::nullopt;
}

const std::vector<std::string>& FolderPattern::folders() {
  found_.update([&](auto visit) {
    path_.clear();
    Expansion expansion(path_, visit);
    expansion.descend(pattern_);
    // Whoever wants to read it will find out that it is not there.
    if (expansion.count() == 0) visit(std::string_view(pattern_));
  });
  return found_.get();
}

}  // namespace finwatch::host
