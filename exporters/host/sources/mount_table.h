// What is mounted: mountinfo, read and parsed only when it may have changed.
//
//   auto mounts = env.shared<MountTable>();
//   const auto table = mounts->read(scrape.number);      // Result<shared_ptr<const MountList>>
//   if ((*table)->generation != seen_) …                 // it differs from the last one
//
// The kernel announces mounts and unmounts on an open mountinfo (poll says POLLPRI), so over the live /proc a scrape costs one
// poll. It announces nothing when a file system turns itself read-only after an error: hence a read every ten seconds in any
// case. Reading mountinfo cannot hang, whatever is mounted.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/environment.h"
#include "core/files.h"

namespace finwatch::host {

struct MountEntry {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  std::string major;
  std::string minor;
  std::string root;         // the part of the file system that is mounted, "/" for all of it
  std::string mount_point;  // unescaped, without the prefix of --path.rootfs
  std::string source;       // unescaped: /dev/sda1, server:/export
  std::string fs_type;
  bool read_only = false;  // the mount or the file system says ro
  bool emergency = false;  // ext4 stopped writing after an error (emergency_ro, Linux 6.15)
  bool covered = false;    // something else is mounted on the same point, on top of it

  bool operator==(const MountEntry&) const = default;
};

struct MountList {
  std::vector<MountEntry> entries;  // in the order of the kernel
  std::uint64_t generation = 0;     // another number for another list, never 0

  /// The one that is seen at `mount_point`, nullptr when nothing is mounted there.
  const MountEntry* find(std::string_view mount_point) const;
};

class MountTable {
 public:
  explicit MountTable(const Env& env);
  /// `scrape` is Scrape::number: within one scrape the answer stays the same. Errors: those of KeptFile; malformed when not
  /// one line can be read as a mount.
  Result<std::shared_ptr<const MountList>> read(std::uint64_t scrape);

 private:
  bool may_have_changed();

  const std::string rootfs_;
  const Clock& clock_;
  std::mutex mutex_;
  KeptFile file_;
  Descriptor announcements_;
  std::string text_;  // what list_ was made from
  std::shared_ptr<const MountList> list_;
  std::uint64_t generation_ = 0;
  std::uint64_t scrape_ = 0;
  SteadyTime read_at_{};
};

/// `text` with \040, \011, \012, \134 … as mountinfo and fstab write them turned back into characters.
std::string unescape_mount(std::string_view text);

/// One of the comma-separated options is `name`.
bool has_mount_option(std::string_view options, std::string_view name);

}  // namespace finwatch::host
