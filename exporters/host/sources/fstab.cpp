#include "host/sources/fstab.h"

#include <algorithm>
#include <cerrno>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/mount_table.h"

namespace finwatch::host {
namespace {

// UUID=6c5a… /data\040new xfs defaults,noatime 0 2
bool parse_line(std::string_view line, FstabEntry& entry) {
  FieldReader fields(line);
  const std::string_view source = fields.next();
  const std::string_view mount_point = fields.next();
  const std::string_view fs_type = fields.next();
  const std::string_view options = fields.next();
  if (source.starts_with('#') || !mount_point.starts_with('/') || fs_type.empty() || fs_type == "swap") return false;
  entry.mount_point = unescape_mount(mount_point);
  while (entry.mount_point.size() > 1 && entry.mount_point.ends_with('/')) entry.mount_point.pop_back();
  entry.fs_type = fs_type;
  entry.read_only = has_mount_option(options, "ro");
  entry.automatic = !has_mount_option(options, "noauto");
  return true;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

/// A file of comments alone is a machine that mounts nothing this way; one of other text is not an fstab.
bool has_content(std::string_view text) {
  for (LineReader lines(text); const auto line = lines.next();) {
    const std::string_view content = trim(*line);
    if (content.empty() || content.starts_with('#')) continue;
    FieldReader fields(content);
    fields.next();
    const std::string_view point = fields.next();
    if (!point.starts_with('/') && point != "none" && point != "swap") return true;
  }
  return false;
}

}  // namespace

const FstabEntry* FstabList::find(std::string_view mount_point) const {
  for (const FstabEntry& entry : entries)
    if (entry.mount_point == mount_point) return &entry;
  return nullptr;
}

Result<std::shared_ptr<const FstabList>> Fstab::read(std::uint64_t scrape) {
  const std::lock_guard lock(mutex_);
  if (list_ && scrape == scrape_) return list_;
  struct stat now {};
  if (::stat(path_.c_str(), &now) != 0) {
    list_.reset();
    return errno == ENOENT ? Result<std::shared_ptr<const FstabList>>(Errc::no_data) : error_from_errno(errno, path_);
  }
  scrape_ = scrape;
  if (list_ && same_file(now, seen_)) return list_;
  list_.reset();
  const Result<std::string> text = read_file(path_);
  if (!text) return text.error();
  auto list = std::make_shared<FstabList>();
  for (LineReader lines(*text); const auto line = lines.next();) {
    FstabEntry entry;
    if (!parse_line(*line, entry)) continue;
    std::erase_if(list->entries, [&](const FstabEntry& known) { return known.mount_point == entry.mount_point; });
    list->entries.push_back(std::move(entry));
  }
  if (list->entries.empty() && has_content(*text))
    return {Errc::malformed, path_ + ": expected lines such as '/dev/sda1 /data xfs defaults 0 2'"};
  list->generation = ++generation_;
  seen_ = now;
  list_ = std::move(list);
  return list_;
}

}  // namespace finwatch::host
