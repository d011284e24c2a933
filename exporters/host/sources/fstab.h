// What /etc/fstab (below --path.rootfs) says should be mounted, read anew only when the file was changed or replaced.
//
//   auto fstab = env.shared<Fstab>();
//   const auto wanted = fstab->read(scrape.number);      // Result<shared_ptr<const FstabList>>
#pragma once

#include <sys/stat.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/environment.h"
#include "core/result.h"

namespace finwatch::host {

struct FstabEntry {
  std::string mount_point;  // unescaped, without a slash at the end
  std::string fs_type;
  bool read_only = false;  // the option ro
  bool automatic = true;   // not the option noauto
};

struct FstabList {
  std::vector<FstabEntry> entries;  // only those with a mount point: no swap, no "none"; the last of two for one point
  std::uint64_t generation = 0;     // another number for another list, never 0

  const FstabEntry* find(std::string_view mount_point) const;
};

class Fstab {
 public:
  explicit Fstab(const Env& env) : path_(env.root("etc/fstab")) {}
  /// Errors: no_data without the file, permission, unavailable; malformed when no line of it can be read.
  Result<std::shared_ptr<const FstabList>> read(std::uint64_t scrape);
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  std::mutex mutex_;
  std::shared_ptr<const FstabList> list_;
  struct stat seen_ {};
  std::uint64_t generation_ = 0;
  std::uint64_t scrape_ = 0;
};

}  // namespace finwatch::host
