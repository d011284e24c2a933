// What the engine does beside its rounds: old incidents go into the archive, Alertmanager is asked what still fires, the metrics are
// told how things stand.
#include "notifier/engine/alertmanager.h"
#include "notifier/engine/worker.h"

namespace finwatch::notifier {
namespace {

using std::chrono::seconds;

constexpr seconds kSizeEvery{30}, kAuditEvery{60};
constexpr std::chrono::hours kRetentionEvery{1};
constexpr int kMostRemoved = 50;

}  // namespace

void EngineWorker::keep_house(WallTime now) {
  std::erase_if(retired_, [](const std::unique_ptr<Lane>& lane) { return lane->idle(); });
  if (store_ == nullptr) return;
  const SteadyTime steady = env_.clock->steady();
  if (steady >= next_size_) {
    next_size_ = steady + kSizeEvery;
    if (Result<StoreSize> size = store_->size()) size_ = *size;
  }
  if (!leads_ || !loaded_) return;
  if (steady >= next_audit_) {
    next_audit_ = steady + kAuditEvery;
    audit(now);
  }
  if (steady < next_retention_ || setup_->retention.archive.empty()) return;
  next_retention_ = steady + kRetentionEvery;
  Result<Archive> archive = Archive::open(setup_->retention.archive);
  Result<int> removed = 0;
  if (archive)
    removed = store_->remove_closed(std::chrono::time_point_cast<WallTime::duration>(now - setup_->retention.keep),
                                    kMostRemoved, [&](std::string_view lines) { return archive->add(lines); });
  else
    removed = archive.error();
  if (!removed) {
    env_.log->error("old incidents stay: they cannot be archived", {{"error", removed.error().message}});
    return;
  }
  if (*removed == 0) return;
  next_retention_ = steady + seconds{1};  // there may be more
  env_.log->info("incidents archived and removed", {{"count", *removed}});
}

void EngineWorker::audit(WallTime now) {
  // Where Alertmanager is not asked, its silence means an end only while its heartbeat shows that it lives.
  if (setup_->alertmanager.url.empty() && !setup_->contract->heartbeat) return;
  std::vector<std::string> asked = casebook_->overdue(now);
  if (asked.empty()) return;
  if (auditor_.joinable()) auditor_.join();  // its call took at most a quarter of a minute
  auditor_ = std::thread([this, asked = std::move(asked), setup = setup_] {
    Result<std::set<std::string>> there = std::set<std::string>();
    if (!setup->alertmanager.url.empty()) there = alerts_that_fire(setup->alertmanager);
    if (!there) env_.log->warn("Alertmanager cannot be asked what still fires", {{"error", there.error().message}});
    {
      const std::lock_guard lock(mutex_);
      audits_.push_back({asked, std::move(there)});
    }
    woken_.notify_all();
  });
}

Figures EngineWorker::figures() const {
  const std::lock_guard lock(state_);
  const WallTime now = env_.clock->wall();
  Figures figures;
  figures.leads = leads_ && loaded_;
  figures.leader = leader_;
  figures.journal = size_;
  figures.last_commit = last_commit_;
  figures.commits_failed = commits_failed_;
  if (!figures.leads) return figures;
  figures.counters = counters_;
  figures.open = overview(*casebook_, *setup_->contract, now);
  std::map<ChannelKind, Outbox::Load> loads = outbox_->loads();
  for (const auto& [kind, lane] : lanes_)
    figures.lanes.push_back({.channel = kind,
                             .queued = outbox_->queued(kind),
                             .sending = loads[kind].sending,
                             .oldest = loads[kind].oldest,
                             .held_back = outbox_->held_back(kind, now)});
  figures.heartbeat = casebook_->heartbeat();
  figures.heartbeat_silent = casebook_->heartbeat_silent();
  return figures;
}

}  // namespace finwatch::notifier
