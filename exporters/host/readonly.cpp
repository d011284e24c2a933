#include <map>
#include <vector>

#include "core/text.h"
#include "host/sources/fstab.h"
#include "host/sources/mount_table.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kFlips{MetricType::counter,
                            "finwatch_filesystem_read_only_flips_total",
                            "Times a file system became read-only that was or should be writable, from mountinfo and fstab.",
                            "device",
                            "mountpoint",
                            "fstype"};
constexpr MetricDesc kFlipped{MetricType::gauge,
                              "finwatch_filesystem_read_only_flipped",
                              "1 while a file system is read-only that was or should be writable, from mountinfo and fstab.",
                              "device",
                              "mountpoint",
                              "fstype"};
constexpr MetricDesc kEmergency{MetricType::gauge,
                                "finwatch_filesystem_emergency_read_only",
                                "1 after ext4 stopped writing because of an error, from emergency_ro in mountinfo.",
                                "device",
                                "mountpoint",
                                "fstype"};
constexpr MetricRef kMetrics[] = {kFlips, kFlipped, kEmergency};

constexpr std::size_t kMostRemembered = 1000;

struct Watched {
  MountEntry entry;
  std::uint64_t flips = 0;
  bool should_write = false;  // fstab says so, or it was seen writable
  bool flipped = false;
  bool mounted = false;

  void look_at(const MountEntry& now, const FstabEntry* wanted) {
    entry = now;
    mounted = true;
    if (wanted != nullptr && !wanted->read_only) should_write = true;
    if (!now.read_only) {
      should_write = true;
      flipped = false;
    } else if (should_write && !flipped) {
      flipped = true;
      ++flips;
    }
  }
};

/// File systems that keep data: on a disk or a server, whole (not a folder of one, as containers mount them by the hundred).
bool keeps_data(const MountEntry& entry, const FstabEntry* wanted) {
  for (const std::string_view type : {"iso9660", "udf", "squashfs", "erofs", "cramfs", "romfs", "autofs", "overlay", "tmpfs"})
    if (entry.fs_type == type) return false;
  if (wanted != nullptr || entry.mount_point == "/") return true;
  const bool has_source = entry.source.starts_with('/') || entry.source.find(":/") != std::string::npos;
  return has_source && entry.root == "/";
}

class ReadOnly final : public Collector {
 public:
  explicit ReadOnly(const Env& env) : fstab_(env.shared<Fstab>()), mounts_(env.shared<MountTable>()) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const auto mounts = mounts_->read(scrape.number);
    if (!mounts) return mounts.error();
    const auto wanted = fstab_->read(scrape.number);
    const FstabList* const fstab = wanted ? wanted->get() : nullptr;  // without one, what was seen first counts
    const std::uint64_t fstab_generation = fstab != nullptr ? fstab->generation : 0;
    if ((*mounts)->generation != seen_mounts_ || fstab_generation != seen_fstab_) {
      look(**mounts, fstab);
      seen_mounts_ = (*mounts)->generation;
      seen_fstab_ = fstab_generation;
    }
    write(sink);
    return ok();
  }

 private:
  void look(const MountList& mounts, const FstabList* fstab) {
    for (auto& [key, watched] : watched_) watched.mounted = false;
    order_.clear();
    for (const MountEntry& entry : mounts.entries) {
      const FstabEntry* const wanted = fstab != nullptr ? fstab->find(entry.mount_point) : nullptr;
      if (entry.covered || !keeps_data(entry, wanted)) continue;
      Watched& watched = watched_[entry.source + '\n' + entry.mount_point + '\n' + entry.fs_type];
      watched.look_at(entry, wanted);
      order_.push_back(&watched);
    }
    if (watched_.size() > kMostRemembered) std::erase_if(watched_, [](const auto& item) { return !item.second.mounted; });
  }

  void write(MetricSink& sink) const {
    const auto each = [&](const MetricDesc<3>& desc, auto value) {
      auto family = sink.family(desc);
      for (const Watched* watched : order_)
        family.add(value(*watched), watched->entry.source, watched->entry.mount_point, watched->entry.fs_type);
    };
    each(kFlips, [](const Watched& watched) { return watched.flips; });
    each(kFlipped, [](const Watched& watched) { return watched.flipped; });
    auto family = sink.family(kEmergency);
    for (const Watched* watched : order_)
      if (watched->entry.fs_type.starts_with("ext"))
        family.add(watched->entry.emergency, watched->entry.source, watched->entry.mount_point, watched->entry.fs_type);
  }

  const std::shared_ptr<Fstab> fstab_;
  const std::shared_ptr<MountTable> mounts_;
  std::uint64_t seen_mounts_ = 0;
  std::uint64_t seen_fstab_ = 0;
  std::map<std::string, Watched> watched_;  // also what is not mounted now: its count goes on when it comes back
  std::vector<const Watched*> order_;       // what is mounted, in the order of mountinfo
};

}  // namespace

extern const CollectorInfo readonly_collector{
    .name = "readonly",
    .summary = "File systems that became read-only though they were or should be writable, from mountinfo and /etc/fstab.",
    .metrics = kMetrics,
    .make = make_collector<ReadOnly>,
};

}  // namespace finwatch::host
