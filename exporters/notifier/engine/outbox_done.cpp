// What became of what was sent: taken, tried again, asked about, said by another channel, given up.
#include <algorithm>
#include <cmath>

#include "notifier/engine/outbox.h"

namespace finwatch::notifier {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kFirstPause{2}, kLongestPause{minutes{5}};
constexpr minutes kWithoutHope{10};  // between attempts that all channels have refused already
constexpr ChannelKind kAnyOther[] = {ChannelKind::dingtalk, ChannelKind::wecom, ChannelKind::feishu, ChannelKind::sms,
                                     ChannelKind::http,     ChannelKind::email, ChannelKind::voice};

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

}  // namespace

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
  const std::vector<std::string> people = delivery.people();
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
    line(*delivery, "not_told", whom(*delivery) + ": " + delivery->note.text(), now);
    if (!fall_back(*delivery, now)) count(tally, counted::kDead, to_string(lane));
    finish(*delivery, DeliveryState::failed, now);
  }
}

void Outbox::closed(std::int64_t incident, WallTime now, const Tally& tally) {
  std::vector<std::int64_t> ids;
  for (const std::int64_t id : hopeless_)
    if (const Delivery* delivery = find(id);
        delivery != nullptr && delivery->incident == incident && delivery->state == DeliveryState::queued)
      ids.push_back(id);
  for (const std::int64_t id : ids) {
    Delivery& delivery = *at(id);
    count_notification(tally, lane_of(delivery), NotificationResult::dropped, delivery.code);
    line(delivery, "not_told", whom(delivery) + ": given up, the incident is closed", now);
    finish(delivery, DeliveryState::dropped, now);
  }
}

}  // namespace finwatch::notifier
