// The entries of a folder, without allocating: what opendir(3) does, in memory that the caller has.
//
//   FolderReader folder(path);
//   if (!folder) complain(folder.error());           // the errno
//   while (const auto entry = folder.next()) …       // without "." and ".."; in no order
#pragma once

#include <dirent.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/files.h"

namespace finwatch::host {

class FolderReader {
 public:
  struct Entry {
    std::string_view name;  // until the next call
    unsigned char type;     // DT_DIR, DT_REG, DT_LNK, DT_UNKNOWN …
  };

  explicit FolderReader(const char* path);
  explicit operator bool() const { return error_ == 0; }
  int error() const { return error_; }
  std::optional<Entry> next();

 private:
  Descriptor folder_;
  int error_ = 0;
  std::size_t at_ = 0;
  std::size_t length_ = 0;
  alignas(dirent64) char entries_[8 * 1024];
};

/// Names that are kept sorted from one look to the next, so that looking at what did not change allocates nothing.
class KeptNames {
 public:
  /// `each(visit)` calls visit(std::string_view) with every name there is now, in any order, each once; it may be called
  /// twice. True when the names are not those of the last time.
  template <class Each>
  bool update(Each each) {
    std::size_t seen = 0;
    std::size_t known = 0;
    each([&](std::string_view name) {
      ++seen;
      known += std::binary_search(names_.begin(), names_.end(), name) ? 1U : 0U;
    });
    if (seen == known && seen == names_.size()) return false;
    names_.clear();
    each([&](std::string_view name) { names_.emplace_back(name); });
    std::sort(names_.begin(), names_.end());
    return true;
  }
  const std::vector<std::string>& get() const { return names_; }

 private:
  std::vector<std::string> names_;
};

/// The folders that a pattern such as /srv/*/metrics means.
class FolderPattern {
 public:
  explicit FolderPattern(std::string pattern) : pattern_(std::move(pattern)) {}
  /// Looks again. Sorted; at most 1,000. A pattern that means none, and one without * ? [, is itself the folder.
  const std::vector<std::string>& folders();

 private:
  std::string pattern_;
  std::string path_;
  KeptNames found_;
};

}  // namespace finwatch::host
