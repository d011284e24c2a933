#include "notifier/engine/outbox.h"

#include <algorithm>
#include <utility>

namespace finwatch::notifier {
namespace {

using std::chrono::minutes;

constexpr WallTime kNever = WallTime::max();
constexpr std::size_t kMostInDigest = 1000;
constexpr minutes kTooLongToWait{30};  // for a telephone's daily share: another channel tells

int urgency(Purpose purpose) {
  switch (purpose) {
    case Purpose::heartbeat:
    case Purpose::page: return 0;
    case Purpose::breach: return 1;
    case Purpose::warning: return 2;
    case Purpose::joined: return 3;
    case Purpose::resolved: return 4;
  }
  return 5;
}

}  // namespace

std::string whom(const Delivery& delivery) {
  std::string names;
  for (const std::string& name : delivery.people()) names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

Outbox::Outbox(const Setup& setup) : setup_(&setup) {}

void Outbox::replace(const Setup& setup) {
  setup_ = &setup;
  for (auto& [lane, limits] : limits_) limits.replace(limits_of(lane, setup.contract->channels));
  held_until_.clear();
  for (const auto& [lane, queue] : std::exchange(queues_, {}))
    for (const Place& place : queue.all()) queues_[lane_of(*at(place.second))].add(place);
}

Limits& Outbox::limits_for(ChannelKind lane) {
  return limits_.try_emplace(lane, limits_of(lane, setup_->contract->channels)).first->second;
}

std::string Outbox::scope_of(ChannelKind lane, const Delivery& delivery) { return is_phone(lane) ? delivery.person : ""; }

void Outbox::restore(const std::vector<Delivery>& deliveries, std::int64_t next_id, const std::set<std::int64_t>& in_flight,
                     WallTime now) {
  waiting_.clear();
  queues_.clear();
  doubts_.clear();
  changed_.clear();
  finished_.clear();
  timeline_.clear();
  limits_.clear();
  tried_.clear();
  hopeless_.clear();
  next_id_ = next_id;
  std::map<std::int64_t, const Delivery*> saved;
  for (const Delivery& delivery : deliveries) saved.emplace(delivery.id, &delivery);
  std::map<std::int64_t, Job> open;  // by the delivery that gives the reference
  for (const Delivery& delivery : deliveries) {
    const ChannelKind lane = lane_of(delivery);
    // One call is one message, however many it carried.
    if (delivery.sent && delivery.carried_by == 0)
      limits_for(lane).sent(scope_of(lane, delivery),
                            delivery.done.value_or(std::min(now, *delivery.sent + setup_->delivery.timeout)));
    if (delivery.state != DeliveryState::queued && delivery.state != DeliveryState::sending) continue;
    waiting_.emplace(delivery.id, delivery);
    for (auto before = saved.find(delivery.fallback_of); before != saved.end();
         before = saved.find(before->second->fallback_of))
      if (!tried_[delivery.id].insert(before->second->channel).second) break;
    if (delivery.state == DeliveryState::queued) {
      queues_[lane].add({urgency(delivery.purpose), delivery.id});
      continue;
    }
    Job& job = open[delivery.carried_by == 0 ? delivery.id : delivery.carried_by];
    job.lane = lane;
    job.ask = true;
    if (delivery.carried_by == 0)
      job.deliveries.insert(job.deliveries.begin(), delivery.id);
    else
      job.deliveries.push_back(delivery.id);
  }
  for (auto& [lead, job] : open) {
    std::vector<Doubt>& doubts = doubts_[job.lane];
    if (!in_flight.contains(lead)) doubts.push_back({std::move(job), now + kAskAfter});
  }
}

void Outbox::add(Delivery message, WallTime now) {
  message.id = next_id_++;
  message.state = DeliveryState::queued;
  if (message.created == WallTime{}) message.created = message.next = now;
  queues_[lane_of(message)].add({urgency(message.purpose), message.id});
  changed_.insert(message.id);
  waiting_.emplace(message.id, std::move(message));
}

Delivery* Outbox::at(std::int64_t id) {
  const auto found = waiting_.find(id);
  return found == waiting_.end() ? nullptr : &found->second;
}

const Delivery* Outbox::find(std::int64_t id) const {
  const auto found = waiting_.find(id);
  return found == waiting_.end() ? nullptr : &found->second;
}

// When one may be sent, by the limits and by the provider's own word.
WallTime Outbox::free_at(ChannelKind lane, const std::string& scope, WallTime now) const {
  const auto limits = limits_.find(lane);
  const WallTime free = limits == limits_.end() ? now : limits->second.free_at(scope, now);
  const auto held = held_until_.find({lane, scope});
  return held == held_until_.end() ? free : std::max(free, held->second);
}

// A telephone that has had its share of the day: who must be told is told by another way.
void Outbox::spare_telephones(ChannelKind lane, WallTime now) {
  if (!is_phone(lane)) return;
  const Limits& limits = limits_for(lane);
  std::map<std::string, bool> used_up;  // by scope: thousands may wait for one telephone
  std::vector<std::int64_t> spared;
  for (const Place& place : queues_[lane].all()) {
    const Delivery& delivery = *at(place.second);
    if (delivery.next > now) continue;
    const auto [scope, added] = used_up.try_emplace(scope_of(lane, delivery), false);
    if (added) scope->second = limits.free_at(scope->first, now) - now > kTooLongToWait;
    if (scope->second) spared.push_back(delivery.id);
  }
  for (const std::int64_t id : spared) {
    Delivery& delivery = *at(id);
    if (!fall_back(delivery, now)) continue;
    delivery.code = "daily_share";
    delivery.note = "this telephone has had as many messages as it may have in a day";
    line(delivery, "not_told", whom(delivery) + ": " + delivery.note.text(), now);
    finish(delivery, DeliveryState::failed, now);
  }
}

// Who cannot be asked is told again, and counts that as any other message. A telephone's provider can be.
WallTime Outbox::ready_at(ChannelKind lane, const Doubt& doubt, WallTime now) const {
  const Delivery* first = find(doubt.job.deliveries.front());
  if (is_phone(lane) || first == nullptr) return doubt.ask_at;
  return std::max(doubt.ask_at, free_at(lane, scope_of(lane, *first), std::max(doubt.ask_at, now)));
}

std::optional<Job> Outbox::doubtful(ChannelKind lane, WallTime now) {
  std::vector<Doubt>& doubts = doubts_[lane];
  const auto due =
      std::find_if(doubts.begin(), doubts.end(), [&](const Doubt& doubt) { return ready_at(lane, doubt, now) <= now; });
  if (due == doubts.end()) return std::nullopt;
  Job job = std::move(due->job);
  doubts.erase(due);
  // An answer may have come after all, of a call that was under way when we did not lead for a moment.
  std::erase_if(job.deliveries, [this](std::int64_t id) {
    const Delivery* delivery = find(id);
    return delivery == nullptr || delivery->state != DeliveryState::sending;
  });
  if (job.deliveries.empty()) return doubtful(lane, now);
  return job;
}

std::optional<Job> Outbox::next(ChannelKind lane, WallTime now) {
  if (const auto held = held_until_.find({lane, ""}); held != held_until_.end() && held->second > now) return std::nullopt;
  const Limits& limits = limits_for(lane);
  spare_telephones(lane, now);
  if (std::optional<Job> job = doubtful(lane, now)) return begin(std::move(*job), now);
  std::set<std::string> full;  // scopes without room
  const std::vector<Place> places = queues_[lane].first(kMostInDigest);
  for (const Place& place : places) {
    const Delivery& first = *at(place.second);
    const std::string scope = scope_of(lane, first);
    if (first.next > now || full.contains(scope)) continue;
    if (free_at(lane, scope, now) > now) {
      full.insert(scope);
      continue;
    }
    Job job{.lane = lane, .deliveries = {}, .ask = false, .maybe_twice = false};
    std::vector<std::int64_t> ready;
    for (const Place& other : places)
      if (const Delivery& one = *at(other.second);
          one.next <= now && scope_of(lane, one) == scope && (!is_personal(lane) || one.person == first.person))
        ready.push_back(other.second);
    const bool together = is_phone(lane) || static_cast<int>(ready.size()) > limits.left(scope, now);
    if (together)
      job.deliveries = std::move(ready);
    else
      job.deliveries = {place.second};
    return begin(std::move(job), now);
  }
  return std::nullopt;
}

Job Outbox::begin(Job job, WallTime now) {
  const std::int64_t lead = job.deliveries.front();
  for (const std::int64_t id : job.deliveries) {
    Delivery& delivery = *at(id);
    queues_[job.lane].remove({urgency(delivery.purpose), id});
    job.maybe_twice = job.maybe_twice || delivery.maybe_twice;
    changed_.insert(id);
    ++delivery.attempts;
    delivery.state = DeliveryState::sending;
    delivery.carried_by = id == lead ? 0 : lead;
    if (!job.ask) delivery.sent = now;
  }
  limits_for(job.lane).sent(scope_of(job.lane, *at(lead)), now);
  return job;
}

// It leaves the memory; collect() has it once more.
void Outbox::finish(Delivery& delivery, DeliveryState state, WallTime now) {
  const std::int64_t id = delivery.id;
  delivery.state = state;
  delivery.done = now;
  queues_[lane_of(delivery)].remove({urgency(delivery.purpose), id});
  tried_.erase(id);
  hopeless_.erase(id);
  changed_.erase(id);
  finished_.push_back(std::move(delivery));
  waiting_.erase(id);
}

void Outbox::requeue(Delivery& delivery, WallTime next) {
  delivery.state = DeliveryState::queued;
  delivery.carried_by = 0;
  delivery.next = next;
  queues_[lane_of(delivery)].add({urgency(delivery.purpose), delivery.id});
  changed_.insert(delivery.id);
}

WallTime Outbox::next_due(ChannelKind lane, WallTime now) const {
  WallTime due = kNever;
  if (const auto doubts = doubts_.find(lane); doubts != doubts_.end())
    for (const Doubt& doubt : doubts->second) due = std::min(due, ready_at(lane, doubt, now));
  const auto queue = queues_.find(lane);
  if (queue != queues_.end()) {
    std::size_t looked = 0;
    for (const Place& place : queue->second.all()) {
      const Delivery& delivery = waiting_.at(place.second);
      due = std::min(due, free_at(lane, scope_of(lane, delivery), std::max(delivery.next, now)));
      if (due <= now || ++looked == kMostInDigest) break;
    }
  }
  const auto held = held_until_.find({lane, ""});
  return held == held_until_.end() || due == kNever ? due : std::max(due, held->second);
}

void Outbox::line(const Delivery& delivery, std::string_view kind, std::string note, WallTime now) {
  timeline_.push_back({.incident = delivery.incident,
                       .at = now,
                       .kind = std::string(kind),
                       .actor = "finwatch",
                       .channel = std::string(to_string(lane_of(delivery))),
                       .note = std::move(note)});
}

void Outbox::collect(Changes& changes) {
  for (const std::int64_t id : changed_)
    if (const Delivery* delivery = find(id)) changes.deliveries.push_back(*delivery);
  changed_.clear();
  std::move(finished_.begin(), finished_.end(), std::back_inserter(changes.deliveries));
  finished_.clear();
  std::move(timeline_.begin(), timeline_.end(), std::back_inserter(changes.timeline));
  timeline_.clear();
}

std::set<ChannelKind> Outbox::lanes() const {
  std::set<ChannelKind> lanes;
  for (const auto& [lane, queue] : queues_)
    if (!queue.all().empty()) lanes.insert(lane);
  for (const auto& [lane, doubts] : doubts_)
    if (!doubts.empty()) lanes.insert(lane);
  return lanes;
}

std::size_t Outbox::queued(ChannelKind lane) const {
  const auto queue = queues_.find(lane);
  return queue == queues_.end() ? 0 : queue->second.all().size();
}

std::map<ChannelKind, Outbox::Load> Outbox::loads() const {
  std::map<ChannelKind, Load> loads;
  for (const auto& [id, delivery] : waiting_) {
    Load& load = loads[lane_of(delivery)];
    if (delivery.state == DeliveryState::sending) ++load.sending;
    if (!load.oldest || delivery.created < *load.oldest) load.oldest = delivery.created;
  }
  return loads;
}

bool Outbox::held_back(ChannelKind lane, WallTime now) const { return queued(lane) > 0 && next_due(lane, now) > now; }

}  // namespace finwatch::notifier
