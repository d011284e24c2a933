// What is to be said and has not been: a queue a channel, within the providers' limits, with digests, retries and channels in place of
// those that fail. Pure, as the casebook is: it says what to send next, and is told what became of it.
//
//   outbox.add(message, now);                                   // gets an id; queued
//   while (auto job = outbox.next(ChannelKind::dingtalk, now))  // marked as being sent: commit, then send
//   outbox.done(*job, receipt, now);
//   outbox.collect(changes);                                    // what must be on disk
//
// Never given up: what no channel takes is tried again every ten minutes for as long as its incident is open.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "notifier/channel/channel.h"
#include "notifier/engine/limits.h"
#include "notifier/incident/counters.h"
#include "notifier/setup.h"
#include "notifier/store/store.h"

namespace finwatch::notifier {

/// One call of a provider: of one message, or of a digest of several.
struct Job {
  ChannelKind lane{};
  std::vector<std::int64_t> deliveries;  // the first gives the reference
  bool ask = false;                      // whether an earlier attempt was taken; it is sent only if not
  bool maybe_twice = false;
};

/// What a lane brings back.
struct JobResult {
  Receipt receipt;
  bool maybe_twice = false;  // it was sent although an earlier attempt may have been taken
  bool in_doubt = false;     // whether an earlier attempt was taken is still not known
};

inline constexpr std::chrono::seconds kAskAfter{20};  // until a provider's own log shows what it took

class Outbox {
 public:
  explicit Outbox(const Setup& setup);

  /// What was committed. Those of `in_flight` are with a lane of ours; others that were being sent are asked about.
  void restore(const std::vector<Delivery>& deliveries, std::int64_t next_id, const std::set<std::int64_t>& in_flight,
               WallTime now);
  void replace(const Setup& setup);

  void add(Delivery message, WallTime now);
  std::optional<Job> next(ChannelKind lane, WallTime now);
  void done(const Job& job, const JobResult& result, WallTime now, Tally tally);
  /// When next() may have something for a lane.
  WallTime next_due(ChannelKind lane, WallTime now) const;
  /// A lane that there is no more after a reload: others tell what waits for it.
  void abandon(ChannelKind lane, WallTime now, Tally tally);
  /// Incidents that are closed: what could never be said of them is not tried for ever.
  void closed(std::int64_t incident, WallTime now, const Tally& tally);

  /// Deliveries and lines of the timeline since the last call.
  void collect(Changes& changes);

  std::set<ChannelKind> lanes() const;
  std::size_t queued(ChannelKind lane) const;
  bool held_back(ChannelKind lane, WallTime now) const;
  struct Load {
    std::size_t sending = 0;
    std::optional<WallTime> oldest;  // created, of those not delivered
  };
  /// Of all lanes, in one pass.
  std::map<ChannelKind, Load> loads() const;
  const Delivery* find(std::int64_t id) const;
  std::int64_t next_id() const { return next_id_; }

 private:
  struct Doubt {  // a call without an answer
    Job job;
    WallTime ask_at;
  };
  using Place = std::pair<int, std::int64_t>;  // by urgency, then by age
  /// Places in their order; most come at the end, and ten thousand of them take a quarter of what a set of nodes takes.
  class Queue {
   public:
    void add(Place place) {
      const auto here = std::lower_bound(places_.begin(), places_.end(), place);
      if (here == places_.end() || *here != place) places_.insert(here, place);
    }
    void remove(Place place) {
      const auto here = std::lower_bound(places_.begin(), places_.end(), place);
      if (here != places_.end() && *here == place) places_.erase(here);
    }
    std::vector<Place> first(std::size_t most) const {
      return {places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(std::min(most, places_.size()))};
    }
    const std::vector<Place>& all() const { return places_; }

   private:
    std::vector<Place> places_;
  };

  // what is to be said (outbox.cpp)
  ChannelKind lane_of(const Delivery& delivery) const { return setup_->delivery.instead.value_or(delivery.channel); }
  Limits& limits_for(ChannelKind lane);
  static std::string scope_of(ChannelKind lane, const Delivery& delivery);
  WallTime free_at(ChannelKind lane, const std::string& scope, WallTime now) const;
  void spare_telephones(ChannelKind lane, WallTime now);
  WallTime ready_at(ChannelKind lane, const Doubt& doubt, WallTime now) const;
  std::optional<Job> doubtful(ChannelKind lane, WallTime now);
  Job begin(Job job, WallTime now);
  void requeue(Delivery& delivery, WallTime next);
  void finish(Delivery& delivery, DeliveryState state, WallTime now);
  void line(const Delivery& delivery, std::string_view kind, std::string note, WallTime now);
  Delivery* at(std::int64_t id);

  // what became of it (outbox_done.cpp)
  void delivered(Delivery& delivery, const JobResult& result, WallTime now, const Tally& tally);
  void again(Delivery& delivery, const Receipt& receipt, WallTime now);
  void failed(Delivery& delivery, const Receipt& receipt, WallTime now, const Tally& tally);
  bool fall_back(const Delivery& delivery, WallTime now);

  const Setup* setup_;
  std::unordered_map<std::int64_t, Delivery> waiting_;  // all that is not delivered or dropped
  std::map<ChannelKind, Queue> queues_;
  std::map<ChannelKind, std::vector<Doubt>> doubts_;
  std::map<ChannelKind, Limits> limits_;
  std::map<std::pair<ChannelKind, std::string>, WallTime> held_until_;  // by scope; the provider said when to come again
  std::map<std::int64_t, std::set<ChannelKind>> tried_;  // the channels that said no before this delivery took their place
  std::set<std::int64_t> hopeless_;                      // no channel is left for these
  std::set<std::int64_t> changed_;
  std::vector<Delivery> finished_;
  std::vector<TimelineEntry> timeline_;
  std::int64_t next_id_ = 1;
};

/// Whom it is for, as one text.
std::string whom(const Delivery& delivery);

}  // namespace finwatch::notifier
