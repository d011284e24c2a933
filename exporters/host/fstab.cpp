#include "host/sources/fstab.h"

#include "host/sources/mount_table.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kStatus{MetricType::gauge, "node_fstab_mount_status",
                             "1 when something is mounted where /etc/fstab wants it at boot, else 0, from mountinfo.",
                             "mountpoint"};
constexpr MetricRef kMetrics[] = {kStatus};

class FstabStatus final : public Collector {
 public:
  explicit FstabStatus(const Env& env) : fstab_(env.shared<Fstab>()), mounts_(env.shared<MountTable>()) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const auto wanted = fstab_->read(scrape.number);
    if (!wanted) return wanted.error();
    const auto mounts = mounts_->read(scrape.number);
    if (!mounts) return mounts.error();
    auto family = sink.family(kStatus);
    for (const FstabEntry& entry : (*wanted)->entries)
      if (entry.automatic) family.add((*mounts)->find(entry.mount_point) != nullptr, entry.mount_point);
    return ok();
  }

 private:
  const std::shared_ptr<Fstab> fstab_;
  const std::shared_ptr<MountTable> mounts_;
};

}  // namespace

extern const CollectorInfo fstab_collector{
    .name = "fstab",
    .summary = "Which entries of /etc/fstab are mounted and which are not.",
    .metrics = kMetrics,
    .make = make_collector<FstabStatus>,
};

}  // namespace finwatch::host
