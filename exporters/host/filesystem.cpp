#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstring>
#include <vector>

#include "core/text.h"
#include "host/sources/flag_filter.h"
#include "host/sources/mount_table.h"
#include "host/sources/stat_call.h"
#include "run/collector.h"
#include "run/convoy.h"

namespace finwatch::host {
namespace {

using std::chrono::milliseconds;

constexpr MetricDesc kDeviceError{MetricType::gauge,
                                  "node_filesystem_device_error",
                                  "1 when statvfs of the mount failed or did not return in time, else 0; the label says why.",
                                  "device",
                                  "mountpoint",
                                  "fstype",
                                  "device_error"};
constexpr MetricDesc kReadOnly{MetricType::gauge,
                               "node_filesystem_readonly",
                               "1 when nothing can be written there, from mountinfo.",
                               "device",
                               "mountpoint",
                               "fstype",
                               "device_error"};
constexpr MetricDesc kSize{
    MetricType::gauge, "node_filesystem_size_bytes", "Size in bytes, from statvfs.", "device", "mountpoint", "fstype",
    "device_error"};
constexpr MetricDesc kFree{MetricType::gauge,
                           "node_filesystem_free_bytes",
                           "Free bytes, with those that only root may use, from statvfs.",
                           "device",
                           "mountpoint",
                           "fstype",
                           "device_error"};
constexpr MetricDesc kAvailable{MetricType::gauge,
                                "node_filesystem_avail_bytes",
                                "Free bytes that every user may use, from statvfs.",
                                "device",
                                "mountpoint",
                                "fstype",
                                "device_error"};
constexpr MetricDesc kFiles{MetricType::gauge,
                            "node_filesystem_files",
                            "Inodes in all, 0 where the file system does not count them, from statvfs.",
                            "device",
                            "mountpoint",
                            "fstype",
                            "device_error"};
constexpr MetricDesc kFilesFree{
    MetricType::gauge, "node_filesystem_files_free", "Free inodes, from statvfs.", "device", "mountpoint", "fstype",
    "device_error"};
constexpr MetricDesc kMountInfo{MetricType::info,
                                "node_filesystem_mount_info",
                                "Device number of what is mounted there, from mountinfo.",
                                "device",
                                "major",
                                "minor",
                                "mountpoint"};
constexpr MetricRef kMetrics[] = {kDeviceError, kReadOnly, kSize, kFree, kAvailable, kFiles, kFilesFree, kMountInfo};

constexpr std::string_view kTypesExclude =
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|"
    "procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$";
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, "collector.filesystem.mount-points-exclude",
     "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
     "Mount points to leave out, as a regular expression."},
    {FlagKind::regexp, "collector.filesystem.mount-points-include", "",
     "Mount points to show, all others are left out, as a regular expression."},
    {FlagKind::regexp, "collector.filesystem.fs-types-exclude", kTypesExclude,
     "Types of file systems to leave out, as a regular expression."},
    {FlagKind::regexp, "collector.filesystem.fs-types-include", "",
     "Types of file systems to show, all others are left out, as a regular expression."},
    {FlagKind::duration, "collector.filesystem.mount-timeout", "1s",
     "How long a scrape waits for all mounts together; a mount that has not answered by then is shown as timed out."},
    {FlagKind::integer, "collector.filesystem.stat-workers", "4",
     "Taken and ignored: one thread asks all mounts, and only one that hangs keeps a thread of its own.", true},
};

constexpr std::string_view kTimeout = "mountpoint timeout";
constexpr milliseconds kPatience{200};
constexpr std::size_t kMostAbandoned = 8;

/// One mount, and the last answer about it. While it is asked, only the asking thread touches the answer.
class Mount final : public Convoy::Item {
 public:
  Mount(const MountEntry& entry, const std::string& rootfs, std::shared_ptr<const StatCall> call)
      : path_(rootfs == "/" ? entry.mount_point : Env::join(rootfs, entry.mount_point)), call_(std::move(call)) {
    describe(entry);
  }

  void describe(const MountEntry& entry) { entry_ = entry; }
  const MountEntry& entry() const { return entry_; }
  bool being_asked() const { return asking_.load(std::memory_order_acquire); }
  bool answered() const { return outcome() == Convoy::Outcome::done; }

  // Valid when answered().
  int error() const { return error_; }
  const struct statvfs& answer() const { return answer_; }

  std::string_view device_error() const { return !answered() ? kTimeout : std::string_view(error_text_); }
  // The flags of statvfs are about this program's own view of the mount, which a sandbox or a container makes read-only.
  bool read_only() const { return entry_.read_only; }

 private:
  void work() noexcept override {
    asking_.store(true, std::memory_order_release);
    struct statvfs answer {};
    const int error = (*call_)(path_.c_str(), answer);
    answer_ = answer;
    if (error != error_) set_error(error);
    asking_.store(false, std::memory_order_release);
  }

  // Spelt as in Go, whose texts the alerts of others look for: "no such file or directory", "stale NFS file handle".
  void set_error(int error) {
    error_ = error;
    char text[128];
    error_text_ = error == 0 ? "" : error == ESTALE ? "stale NFS file handle" : strerror_r(error, text, sizeof text);
    if (error_text_.size() > 1 && std::islower(static_cast<unsigned char>(error_text_[1])) != 0)
      error_text_[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(error_text_[0])));
  }

  MountEntry entry_;
  const std::string path_;
  const std::shared_ptr<const StatCall> call_;
  struct statvfs answer_ {};
  int error_ = 0;
  std::string error_text_;
  std::atomic<bool> asking_{false};
};

/// What outlives a reload: who asks, and the mounts that are still being asked. So however often one reloads, one thread waits
/// for each mount that hangs.
struct Asking {
  explicit Asking(const Env&) {}
  std::mutex mutex;
  Convoy convoy;
  std::vector<std::shared_ptr<Mount>> left_behind;
};

/// A mount whose server may be gone is asked after those that sit on a disk of this machine.
bool may_hang(const MountEntry& entry) {
  return !entry.source.starts_with("/dev/") && entry.fs_type != "tmpfs" && entry.fs_type != "ramfs";
}

class Filesystem final : public Collector {
 public:
  Filesystem(const Env& env, const Settings& settings, NameFilter mount_points, NameFilter fs_types)
      : rootfs_(env.rootfs),
        table_(env.shared<MountTable>()),
        call_(env.shared<StatCall>()),
        mount_points_(std::move(mount_points)),
        fs_types_(std::move(fs_types)),
        timeout_(settings.duration("collector.filesystem.mount-timeout")),
        asking_(env.shared<Asking>()) {}
  ~Filesystem() override {
    const std::lock_guard lock(asking_->mutex);
    std::erase_if(asking_->left_behind, [](const auto& mount) { return !mount->being_asked(); });
    for (std::vector<std::shared_ptr<Mount>>* mounts : {&mounts_, &abandoned_})
      for (std::shared_ptr<Mount>& mount : *mounts)
        if (mount->being_asked()) asking_->left_behind.push_back(std::move(mount));
  }

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const std::lock_guard lock(asking_->mutex);
    const auto table = table_->read(scrape.number);
    if (!table) return table.error();
    if ((*table)->generation != seen_) {
      take_over(**table);
      seen_ = (*table)->generation;
    }
    asking_->convoy.run(asking_order_, deadline(scrape), kPatience);
    put_silent_last();
    write(sink);
    return ok();
  }

 private:
  /// The page still has to be written and sent when the last mount has been given up.
  SteadyTime deadline(const Scrape& scrape) const {
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto left = std::max(scrape.deadline - now, SteadyTime::duration::zero());
    const auto margin = std::min<SteadyTime::duration>(milliseconds{100}, left / 4);
    return now + std::min(left - margin, std::chrono::duration_cast<SteadyTime::duration>(timeout_));
  }

  /// Mounts that are still there keep their item, so that one which hangs is not asked by a second thread.
  void take_over(const MountList& table) {
    std::vector<std::shared_ptr<Mount>> before = std::move(mounts_);
    mounts_.clear();
    for (auto& mount : asking_->left_behind) before.push_back(std::move(mount));
    asking_->left_behind.clear();
    std::erase_if(abandoned_, [](const auto& mount) { return !mount->being_asked(); });
    std::size_t likely = 0;
    for (const MountEntry& entry : table.entries) {
      if (entry.covered || !mount_points_.accepts(entry.mount_point) || !fs_types_.accepts(entry.fs_type)) continue;
      mounts_.push_back(item_for(entry, before, likely));
    }
    for (auto& mount : before)
      if (mount && mount->being_asked()) abandoned_.push_back(std::move(mount));
    asking_order_.assign(mounts_.begin(), mounts_.end());
    std::stable_partition(asking_order_.begin(), asking_order_.end(),
                          [](const auto& item) { return !may_hang(static_cast<const Mount&>(*item).entry()); });
  }

  /// `likely` is where in `before` the next one probably stands: machines with containers have thousands.
  std::shared_ptr<Mount> item_for(const MountEntry& entry, std::vector<std::shared_ptr<Mount>>& before, std::size_t& likely) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      const std::size_t at = (likely + i) % before.size();
      std::shared_ptr<Mount>& mount = before[at];
      if (!mount || mount->entry().id != entry.id || mount->entry().mount_point != entry.mount_point) continue;
      likely = at + 1;
      mount->describe(entry);
      return std::move(mount);
    }
    // A new mount is asked afresh even where an old one still hangs, but not without end: an automounter may try all day.
    if (abandoned_.size() >= kMostAbandoned)
      for (auto& mount : abandoned_)
        if (mount->entry().mount_point == entry.mount_point) {
          std::shared_ptr<Mount> again = std::move(mount);
          std::erase(abandoned_, nullptr);
          again->describe(entry);
          return again;
        }
    return std::make_shared<Mount>(entry, rootfs_, call_);
  }

  /// What did not answer is asked last next time, so that it holds up nobody else when it fails again.
  void put_silent_last() {
    const auto answered = [](const auto& item) { return item->outcome() == Convoy::Outcome::done; };
    if (!std::is_partitioned(asking_order_.begin(), asking_order_.end(), answered))
      std::stable_partition(asking_order_.begin(), asking_order_.end(), answered);
  }

  void write(MetricSink& sink) const {
    write_all(sink, kDeviceError, [](const Mount& mount) { return !mount.answered() || mount.error() != 0; });
    write_all(sink, kReadOnly, [](const Mount& mount) { return mount.read_only(); });
    const auto bytes = [](fsblkcnt_t blocks, const struct statvfs& answer) {
      return static_cast<double>(blocks) * static_cast<double>(answer.f_frsize);
    };
    write_known(sink, kSize, [&](const struct statvfs& answer) { return bytes(answer.f_blocks, answer); });
    write_known(sink, kFree, [&](const struct statvfs& answer) { return bytes(answer.f_bfree, answer); });
    write_known(sink, kAvailable, [&](const struct statvfs& answer) { return bytes(answer.f_bavail, answer); });
    write_known(sink, kFiles, [](const struct statvfs& answer) { return std::uint64_t{answer.f_files}; });
    write_known(sink, kFilesFree, [](const struct statvfs& answer) { return std::uint64_t{answer.f_ffree}; });
    auto family = sink.family(kMountInfo);
    for (const auto& mount : mounts_) {
      const MountEntry& entry = mount->entry();
      if (mount->answered() && mount->error() == 0) family.add(1, entry.source, entry.major, entry.minor, entry.mount_point);
    }
  }

  template <class Value>
  void write_all(MetricSink& sink, const MetricDesc<4>& desc, Value value) const {
    auto family = sink.family(desc);
    for (const auto& mount : mounts_) {
      const MountEntry& entry = mount->entry();
      family.add(value(*mount), entry.source, entry.mount_point, entry.fs_type, mount->device_error());
    }
  }

  template <class Value>
  void write_known(MetricSink& sink, const MetricDesc<4>& desc, Value value) const {
    auto family = sink.family(desc);
    for (const auto& mount : mounts_) {
      const MountEntry& entry = mount->entry();
      if (mount->answered() && mount->error() == 0)
        family.add(value(mount->answer()), entry.source, entry.mount_point, entry.fs_type, std::string_view());
    }
  }

  const std::string rootfs_;
  const std::shared_ptr<MountTable> table_;
  const std::shared_ptr<const StatCall> call_;
  NameFilter mount_points_;
  NameFilter fs_types_;
  const std::chrono::nanoseconds timeout_;
  std::uint64_t seen_ = 0;
  std::vector<std::shared_ptr<Mount>> mounts_;  // in the order of mountinfo, which is that of the page
  std::vector<std::shared_ptr<Convoy::Item>> asking_order_;
  std::vector<std::shared_ptr<Mount>> abandoned_;  // unmounted or replaced while a thread still waits for them
  const std::shared_ptr<Asking> asking_;
};

MadeCollector make_filesystem(const Env& env, const Settings& settings) {
  auto mount_points =
      filter_from(settings, kFlags, "collector.filesystem.mount-points-include", "collector.filesystem.mount-points-exclude");
  if (!mount_points) return mount_points.error();
  auto fs_types =
      filter_from(settings, kFlags, "collector.filesystem.fs-types-include", "collector.filesystem.fs-types-exclude");
  if (!fs_types) return fs_types.error();
  return std::unique_ptr<Collector>(
      std::make_unique<Filesystem>(env, settings, std::move(*mount_points), std::move(*fs_types)));
}

}  // namespace

extern const CollectorInfo filesystem_collector{
    .name = "filesystem",
    .summary =
        "Space, inodes and read-only state of every mount, from mountinfo and statvfs; a mount that hangs costs only itself.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make_filesystem,
};

}  // namespace finwatch::host
