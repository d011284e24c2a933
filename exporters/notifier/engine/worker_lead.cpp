// Which of two instances leads: the lease, what is loaded when it is ours, and what an instance hands on that has it not.
#include <algorithm>

#include "notifier/engine/worker.h"

namespace finwatch::notifier {
namespace {

using std::chrono::seconds;

constexpr std::chrono::milliseconds kLease{6000};
constexpr seconds kRenewEvery{2}, kTryToLeadEvery{1}, kInboxEvery{1};
constexpr int kMostPosted = 500;

}  // namespace

// True when we may change anything: the lease is ours and what was committed is loaded.
bool EngineWorker::lead(WallTime now) {
  if (store_ == nullptr)
    if (Status opened = open_store(); !opened) {
      heard(opened);
      refuse_all("the store cannot be reached");
      return false;
    }
  if (const SteadyTime asked = env_.clock->steady(); asked >= next_lead_ || !leads_) {
    next_lead_ = asked + (leads_ ? kRenewEvery : kTryToLeadEvery);
    const Result<bool> ours = store_->lead(kLease);
    heard(ours ? ok() : Status(ours.error()));
    if (ours && *ours) {
      if (!leads_) env_.log->info("this instance leads", {{"instance", setup_->store.instance}, {"times", ++times_led_}});
      leads_ = true;
      leader_ = setup_->store.instance;
      lease_ends_ = setup_->store.postgresql ? asked + kLease : SteadyTime::max();
    } else if (leads_ && (ours || asked >= lease_ends_)) {
      lose(ours ? "the lease is not ours any more" : "the lease has run out");
    }
    if (!leads_) leader_ = store_->leader().value_or("");
  }
  if (!leads_) {
    post(now);
    return false;
  }
  return loaded_ || load(now);
}

void EngineWorker::lose(const std::string& why) {
  env_.log->warn("this instance does not lead any more", {{"reason", why}, {"times", times_led_}});
  leads_ = loaded_ = false;
  in_flight_.clear();
  const std::lock_guard lock(mutex_);
  returned_.clear();  // whoever leads now asks for what we were sending
}

// Once when it goes and once when it comes back: webhooks are answered 503 in between.
void EngineWorker::heard(const Status& store) {
  const SteadyTime now = env_.clock->steady();
  if (!store && !away_since_) {
    away_since_ = now;
    env_.log->error("the store cannot be reached, nothing is accepted; asking again every second",
                    {{"error", store.error().message}});
  }
  if (store && away_since_) {
    const auto away = std::chrono::duration_cast<seconds>(now - *away_since_);
    env_.log->info("the store answers again", {{"away_seconds", static_cast<long long>(away.count())}});
    away_since_.reset();
  }
}

bool EngineWorker::load(WallTime now) {
  Result<Saved> saved =
      store_->load(std::chrono::time_point_cast<WallTime::duration>(now - setup_->incidents.reopen_within), now);
  if (!saved) {
    if (!away_since_) env_.log->error("the journal cannot be read", {{"error", saved.error().message}});
    refuse_all("the journal cannot be read");
    return false;
  }
  counters_ = std::move(saved->counters);
  initialise(counters_, *setup_->contract);
  casebook_ = std::make_unique<Casebook>(setup_->contract, setup_->incidents, now);
  casebook_->restore(std::move(saved->incidents), saved->alerts, saved->next_incident);
  outbox_->restore(saved->deliveries, saved->next_delivery, in_flight_, now);
  loaded_ = true;
  return true;
}

// What an instance that does not lead has accepted for us.
void EngineWorker::take_inbox(WallTime now, Decisions& decided, std::vector<std::int64_t>& consumed) {
  Result<std::vector<Posted>> posted = store_->posted(kMostPosted);
  const bool more = posted && posted->size() == static_cast<std::size_t>(kMostPosted);
  next_inbox_ = env_.clock->steady() + (more ? seconds{0} : kInboxEvery);
  if (!posted) {
    env_.log->warn("the inbox cannot be read", {{"error", posted.error().message}});
    return;
  }
  for (Posted& one : *posted) {
    Item item;
    Status status = ok();
    if (one.kind == "action") {
      item.kind = Item::Kind::action;
      Result<Action> action = action_from_json(one.body);
      if (action) item.action = std::move(*action);
      status = action ? ok() : Status(action.error());
    } else {
      item.body = std::move(one.body);
    }
    if (status) status = take_one(item, WebhookResult::posted, now, decided);
    if (!status)
      env_.log->warn("what another instance accepted had no effect", {{"kind", one.kind}, {"error", status.error().message}});
    consumed.push_back(one.sequence);
  }
}

// We do not lead: what came in is for whoever does.
void EngineWorker::post(WallTime now) {
  for (const Item& item : take_all()) {
    const bool webhook = item.kind == Item::Kind::webhook;
    // Refused here, because whoever leads has nobody to tell.
    if (webhook)
      if (const Result<Payload> payload = read_payload(item.body); !payload) {
        item.done(payload.error());
        continue;
      }
    item.done(store_->post(webhook ? "webhook" : "action", webhook ? item.body : to_json(item.action), now));
  }
}

}  // namespace finwatch::notifier
