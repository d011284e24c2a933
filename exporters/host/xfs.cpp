#include <array>
#include <vector>

#include "core/device_watch.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/mount_table.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

/// A number in /sys/fs/xfs/*/stats/stats: the line it stands in, its place in that line, and the metric it becomes.
struct Number {
  std::string_view line;
  std::size_t place;
  MetricDesc<1> desc;
};
#define FINWATCH_XFS(line, place, name, help)                                                       \
  {                                                                                                 \
    line, place, { MetricType::counter, "node_xfs_" name "_total", help ", from stats.", "device" } \
  }
constexpr Number kNumbers[] = {
    FINWATCH_XFS("extent_alloc", 0, "extent_allocation_extents_allocated", "Extents allocated"),
    FINWATCH_XFS("extent_alloc", 1, "extent_allocation_blocks_allocated", "Blocks allocated"),
    FINWATCH_XFS("extent_alloc", 2, "extent_allocation_extents_freed", "Extents freed"),
    FINWATCH_XFS("extent_alloc", 3, "extent_allocation_blocks_freed", "Blocks freed"),
    FINWATCH_XFS("abt", 0, "allocation_btree_lookups", "Look-ups in the tree of free space"),
    FINWATCH_XFS("abt", 1, "allocation_btree_compares", "Comparisons in the tree of free space"),
    FINWATCH_XFS("abt", 2, "allocation_btree_records_inserted", "Records put into the tree of free space"),
    FINWATCH_XFS("abt", 3, "allocation_btree_records_deleted", "Records taken from the tree of free space"),
    FINWATCH_XFS("blk_map", 0, "block_mapping_reads", "Block maps made for reading"),
    FINWATCH_XFS("blk_map", 1, "block_mapping_writes", "Block maps made for writing"),
    FINWATCH_XFS("blk_map", 2, "block_mapping_unmaps", "Block maps removed"),
    FINWATCH_XFS("blk_map", 3, "block_mapping_extent_list_insertions", "Extents put into lists"),
    FINWATCH_XFS("blk_map", 4, "block_mapping_extent_list_deletions", "Extents taken from lists"),
    FINWATCH_XFS("blk_map", 5, "block_mapping_extent_list_lookups", "Look-ups in lists of extents"),
    FINWATCH_XFS("blk_map", 6, "block_mapping_extent_list_compares", "Comparisons in lists of extents"),
    FINWATCH_XFS("bmbt", 0, "block_map_btree_lookups", "Look-ups in the trees of block maps"),
    FINWATCH_XFS("bmbt", 1, "block_map_btree_compares", "Comparisons in the trees of block maps"),
    FINWATCH_XFS("bmbt", 2, "block_map_btree_records_inserted", "Records put into the trees of block maps"),
    FINWATCH_XFS("bmbt", 3, "block_map_btree_records_deleted", "Records taken from the trees of block maps"),
    FINWATCH_XFS("dir", 0, "directory_operation_lookup", "Look-ups of names that the kernel had not cached"),
    FINWATCH_XFS("dir", 1, "directory_operation_create", "Names created"),
    FINWATCH_XFS("dir", 2, "directory_operation_remove", "Names removed"),
    FINWATCH_XFS("dir", 3, "directory_operation_getdents", "Listings of folders"),
    FINWATCH_XFS("ig", 0, "inode_operation_attempts", "Look-ups of inodes in the cache"),
    FINWATCH_XFS("ig", 1, "inode_operation_found", "Look-ups of inodes that found one in the cache"),
    FINWATCH_XFS("ig", 2, "inode_operation_recycled", "Look-ups of inodes that found one about to be freed"),
    FINWATCH_XFS("ig", 3, "inode_operation_missed", "Look-ups of inodes that had to read the disk"),
    FINWATCH_XFS("ig", 4, "inode_operation_duplicates", "Inodes that somebody else had read meanwhile"),
    FINWATCH_XFS("ig", 5, "inode_operation_reclaims", "Inodes given back by the cache"),
    FINWATCH_XFS("ig", 6, "inode_operation_attribute_changes", "Changes of inode attributes"),
    FINWATCH_XFS("rw", 1, "read_calls", "Calls of read(2)"),
    FINWATCH_XFS("rw", 0, "write_calls", "Calls of write(2)"),
    FINWATCH_XFS("vnodes", 0, "vnode_active", "Vnodes in use"),
    FINWATCH_XFS("vnodes", 1, "vnode_allocate", "Vnodes allocated"),
    FINWATCH_XFS("vnodes", 2, "vnode_get", "Vnodes fetched"),
    FINWATCH_XFS("vnodes", 3, "vnode_hold", "Vnodes held"),
    FINWATCH_XFS("vnodes", 4, "vnode_release", "Vnodes released"),
    FINWATCH_XFS("vnodes", 5, "vnode_reclaim", "Vnodes reclaimed"),
    FINWATCH_XFS("vnodes", 6, "vnode_remove", "Vnodes removed"),
};
#undef FINWATCH_XFS
constexpr std::size_t kCount = std::size(kNumbers);

constexpr auto kMetrics = [] {
  std::array<MetricRef, kCount> all;
  for (std::size_t i = 0; i < kCount; ++i) all[i] = kNumbers[i].desc;
  return all;
}();

struct FileSystem {
  std::string device;
  KeptFile stats;
  std::array<std::uint64_t, kCount> values{};
  std::array<bool, kCount> known{};
};

void parse(std::string_view text, FileSystem& fs) {
  fs.known.fill(false);
  for (LineReader lines(text); const auto line = lines.next();) {
    FieldReader fields(*line);
    const std::string_view name = fields.next();
    for (std::size_t i = 0; i < kCount; ++i) {
      if (kNumbers[i].line != name) continue;
      FieldReader here = fields;
      const auto value = here.skip(static_cast<int>(kNumbers[i].place)).next_number<std::uint64_t>();
      if (!value) continue;
      fs.values[i] = *value;
      fs.known[i] = true;
    }
  }
}

class Xfs final : public Collector {
 public:
  explicit Xfs(const Env& env)
      : folder_(env.sys("fs/xfs")), watch_(env.shared<DeviceWatch>()), mounts_(env.shared<MountTable>()) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    if (const Status listed = refresh(scrape.number); !listed) return listed;
    if (file_systems_.empty()) return Errc::no_data;
    std::size_t understood = 0;
    for (FileSystem& fs : file_systems_) {
      const Result<std::string_view> text = fs.stats.read();
      parse(text ? *text : std::string_view(), fs);  // one that was just unmounted has nothing to say
      for (const bool known : fs.known) understood += known ? 1U : 0U;
      if (!text && text.error().code != Errc::no_data) return text.error();
    }
    if (understood == 0) return {Errc::malformed, file_systems_[0].stats.path() + ": expected lines such as 'rw 5 7'"};
    for (std::size_t i = 0; i < kCount; ++i) {
      auto family = sink.family(kNumbers[i].desc);
      for (const FileSystem& fs : file_systems_)
        if (fs.known[i]) family.add(fs.values[i], fs.device);
    }
    return ok();
  }

 private:
  /// The kernel announces no XFS mount as a device: the list of mounts does.
  Status refresh(std::uint64_t scrape) {
    const auto mounts = mounts_->read(scrape);
    const std::uint64_t mounted = mounts ? (*mounts)->generation : 0;
    const std::uint64_t devices = watch_->generation(scrape);
    if (mounted == seen_mounts_ && devices == seen_devices_) return ok();
    auto names = list_folder(folder_);
    if (!names && names.error().code != Errc::no_data) return names.error();
    seen_mounts_ = mounted;
    seen_devices_ = devices;
    file_systems_.clear();
    if (!names) return ok();
    for (const std::string& name : *names)
      if (name != "stats" && name != "debug")
        file_systems_.push_back({.device = name, .stats = KeptFile(folder_ + "/" + name + "/stats/stats")});
    return ok();
  }

  const std::string folder_;
  const std::shared_ptr<DeviceWatch> watch_;
  const std::shared_ptr<MountTable> mounts_;
  std::uint64_t seen_mounts_ = 0;
  std::uint64_t seen_devices_ = 0;
  std::vector<FileSystem> file_systems_;
};

}  // namespace

extern const CollectorInfo xfs_collector{
    .name = "xfs",
    .summary = "What XFS does inside, for each file system, from /sys/fs/xfs/*/stats/stats.",
    .metrics = kMetrics,
    .make = make_collector<Xfs>,
};

}  // namespace finwatch::host
