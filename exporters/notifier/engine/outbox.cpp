#include "notifier/engine/outbox.h"

#include <algorithm>
#include <cmath>

namespace finwatch::notifier {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kNever = WallTime::max();
constexpr std::size_t kMostInDigest = 1000;
constexpr seconds kFirstPause{2}, kLongestPause{minutes{5}};
constexpr minutes kWithoutHope{10};    // between attempts that all channels have refused already
constexpr seconds kAskAfter{20};       // until a provider's own log shows what it took
constexpr minutes kTooLongToWait{30};  // for a telephone's daily share: another channel tells
constexpr ChannelKind kAnyOther[] = {ChannelKind::dingtalk, ChannelKind::wecom, ChannelKind::feishu, ChannelKind::sms,
                                     ChannelKind::http,     ChannelKind::email, ChannelKind::voice};

bool is_phone(ChannelKind kind) { return kind == ChannelKind::sms || kind == ChannelKind::voice; }

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

// The same for one attempt in every run, another for each message: they do not all come back at once.
double jitter(const Delivery& delivery) {
  const auto seed =
      static_cast<std::uint64_t>(delivery.id) * 2654435761U + static_cast<std::uint64_t>(delivery.attempts) * 40503U;
  return 0.8 + static_cast<double>(seed % 1000) / 2500;
}

seconds pause_after(const Delivery& delivery) {
  const double doubled = static_cast<double>(kFirstPause.count()) * std::pow(2.0, std::min(delivery.attempts - 1, 20));
  return seconds{std::llround(std::min(doubled, static_cast<double>(kLongestPause.count())) * jitter(delivery))};
}

NotificationResult result_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::accepted: return NotificationResult::accepted;
    case Verdict::later: return NotificationResult::later;
    case Verdict::refused: return NotificationResult::refused;
    case Verdict::unknown: return NotificationResult::unknown;
  }
  return NotificationResult::unknown;
}

std::string whom(const Delivery& delivery) {
  if (!delivery.person.empty()) return delivery.person;
  std::string names;
  for (const std::string& name : delivery.mention) names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

}  // namespace

Outbox::Outbox(const Setup& setup) : setup_(&setup) {}

void Outbox::replace(const Setup& setup) {
  setup_ = &setup;
  for (auto& [lane, limits] : limits_) limits.replace(limits_of(lane, setup.contract->channels));
  held_until_.clear();
  queues_.clear();
  for (const auto& [id, delivery] : waiting_)
    if (delivery.state == DeliveryState::queued) queues_[lane_of(delivery)].add({urgency(delivery.purpose), id});
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
  const std::vector<Place> places = queues_[lane].all();
  for (const Place& place : places) {
    Delivery& delivery = *at(place.second);
    if (delivery.next > now || limits.free_at(scope_of(lane, delivery), now) - now <= kTooLongToWait) continue;
    if (!fall_back(delivery, now)) continue;
    delivery.code = "daily_share";
    delivery.note = "this telephone has had as many messages as it may have in a day";
    line(delivery, "not_told", whom(delivery) + ": " + delivery.note, now);
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

void Outbox::done(const Job& job, const JobResult& result, WallTime now, Tally tally) {
  const Receipt& receipt = result.receipt;
  count_notification(tally, job.lane, result_of(receipt.verdict), receipt.code);
  const Delivery* first = find(job.deliveries.front());
  if (first == nullptr) return;
  limits_for(job.lane).arrived(scope_of(job.lane, *first), now);
  if (receipt.verdict == Verdict::later && receipt.wait > seconds{0})
    held_until_[{job.lane, scope_of(job.lane, *first)}] = now + receipt.wait;
  // "Not now" says nothing of an earlier attempt: to try again without asking could tell it twice in silence.
  const bool doubtful = receipt.verdict == Verdict::unknown || (receipt.verdict == Verdict::later && result.in_doubt);
  if (doubtful && first->attempts < setup_->delivery.attempts) {
    for (const std::int64_t id : job.deliveries)
      if (Delivery* delivery = at(id)) {
        delivery->code = receipt.code;
        delivery->note = receipt.note;
        changed_.insert(id);
      }
    Job again = job;
    again.ask = true;
    // A robot has no log to wait for: the pause is what a retry would have.
    const seconds pause = is_phone(job.lane) ? kAskAfter : pause_after(*first);
    doubts_[job.lane].push_back({std::move(again), now + std::max(pause, receipt.wait)});
    return;
  }
  for (const std::int64_t id : job.deliveries) {
    Delivery* delivery = at(id);
    if (delivery == nullptr) continue;
    if (result.maybe_twice && !delivery->maybe_twice) {
      delivery->maybe_twice = true;
      count(tally, counted::kMaybeTwice, to_string(job.lane));
      line(*delivery, "maybe_told_twice",
           whom(*delivery) + ": an earlier attempt had no answer, and " + std::string(to_string(job.lane)) + " cannot be asked",
           now);
    }
    if (receipt.verdict == Verdict::accepted)
      delivered(*delivery, result, now, tally);
    else if (receipt.verdict == Verdict::later && delivery->attempts < setup_->delivery.attempts)
      again(*delivery, receipt, now);
    else
      failed(*delivery, receipt, now, tally);
  }
}

void Outbox::delivered(Delivery& delivery, const JobResult& result, WallTime now, const Tally& tally) {
  delivery.code = result.receipt.code;
  delivery.note = result.receipt.note;
  delivery.provider_id = result.receipt.provider_id;
  observe(tally, counted::kNotificationDelay, std::chrono::duration<double>(now - delivery.created).count(),
          to_string(lane_of(delivery)));
  line(delivery, "told",
       whom(delivery) + (delivery.purpose == Purpose::page ? "" : ": " + std::string(to_string(delivery.purpose))), now);
  finish(delivery, DeliveryState::delivered, now);
}

void Outbox::again(Delivery& delivery, const Receipt& receipt, WallTime now) {
  delivery.code = receipt.code;
  delivery.note = receipt.note;
  requeue(delivery, now + std::max(pause_after(delivery), receipt.wait));
}

void Outbox::failed(Delivery& delivery, const Receipt& receipt, WallTime now, const Tally& tally) {
  delivery.code = receipt.code;
  delivery.note = receipt.note;
  if (hopeless_.contains(delivery.id)) return requeue(delivery, now + kWithoutHope);
  line(delivery, "not_told", whom(delivery) + ": " + receipt.code + (receipt.note.empty() ? "" : ", " + receipt.note), now);
  if (fall_back(delivery, now)) return finish(delivery, DeliveryState::failed, now);
  count(tally, counted::kDead, to_string(lane_of(delivery)));
  hopeless_.insert(delivery.id);
  requeue(delivery, now + kWithoutHope);
}

// Another channel says it; false when none is left.
bool Outbox::fall_back(const Delivery& delivery, WallTime now) {
  std::set<ChannelKind> tried = tried_[delivery.id];
  tried.insert(delivery.channel);
  // A channel that is not set up has no entry: then any other will do.
  std::vector<ChannelKind> choices;
  if (const auto its = setup_->delivery.fallback.find(delivery.channel); its != setup_->delivery.fallback.end())
    choices = its->second;
  else if (!setup_->contract->channels.has(delivery.channel))
    choices.assign(std::begin(kAnyOther), std::end(kAnyOther));
  const std::vector<std::string> people = delivery.person.empty() ? delivery.mention : std::vector{delivery.person};
  for (const ChannelKind channel : choices) {
    if (tried.contains(channel) || !setup_->contract->channels.has(channel)) continue;
    Delivery other{.incident = delivery.incident, .purpose = delivery.purpose, .step = delivery.step, .channel = channel};
    other.created = delivery.created;
    other.next = now;
    other.fallback_of = delivery.id;
    other.maybe_twice = delivery.maybe_twice;
    bool said = false;
    const auto say = [&] {
      tried_[next_id_] = tried;
      add(other, now);
      said = true;
    };
    if (!is_personal(channel)) {
      other.mention = people;
      say();
    }
    for (const std::string& id : people) {
      const Person* person = setup_->contract->person(id);
      if (!is_personal(channel) || person == nullptr) continue;
      if ((channel == ChannelKind::email ? person->email : person->phone).empty()) continue;
      other.person = id;
      say();
    }
    if (said) return true;
  }
  return false;
}

void Outbox::abandon(ChannelKind lane, WallTime now, Tally tally) {
  std::vector<std::int64_t> ids;
  for (const Place& place : queues_[lane].all()) ids.push_back(place.second);
  for (const Doubt& doubt : doubts_[lane]) ids.insert(ids.end(), doubt.job.deliveries.begin(), doubt.job.deliveries.end());
  doubts_.erase(lane);
  for (const std::int64_t id : ids) {
    Delivery* delivery = at(id);
    if (delivery == nullptr) continue;
    delivery->maybe_twice = delivery->maybe_twice || delivery->state == DeliveryState::sending;
    if (lane_of(*delivery) != lane) {  // `delivery.instead` came or went
      requeue(*delivery, now);
      continue;
    }
    delivery->code = "no_channel";
    delivery->note = "this channel is not set up any more";
    line(*delivery, "not_told", whom(*delivery) + ": " + delivery->note, now);
    if (!fall_back(*delivery, now)) count(tally, counted::kDead, to_string(lane));
    finish(*delivery, DeliveryState::failed, now);
  }
}

void Outbox::closed(std::int64_t incident, WallTime now) {
  std::vector<std::int64_t> ids;
  for (const std::int64_t id : hopeless_)
    if (const Delivery* delivery = find(id);
        delivery != nullptr && delivery->incident == incident && delivery->state == DeliveryState::queued)
      ids.push_back(id);
  for (const std::int64_t id : ids) {
    Delivery& delivery = *at(id);
    line(delivery, "not_told", whom(delivery) + ": given up, the incident is closed", now);
    finish(delivery, DeliveryState::dropped, now);
  }
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
  if (delivery.incident == 0) return;
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

std::size_t Outbox::sending(ChannelKind lane) const {
  return static_cast<std::size_t>(std::count_if(waiting_.begin(), waiting_.end(), [&](const auto& one) {
    return one.second.state == DeliveryState::sending && lane_of(one.second) == lane;
  }));
}

std::optional<WallTime> Outbox::oldest(ChannelKind lane) const {
  std::optional<WallTime> oldest;
  for (const auto& [id, delivery] : waiting_)
    if (lane_of(delivery) == lane && (!oldest || delivery.created < *oldest)) oldest = delivery.created;
  return oldest;
}

bool Outbox::held_back(ChannelKind lane, WallTime now) const { return queued(lane) > 0 && next_due(lane, now) > now; }

}  // namespace finwatch::notifier
