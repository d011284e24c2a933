#include "notifier/engine/worker.h"

#include <algorithm>

#include "notifier/engine/compose.h"

namespace finwatch::notifier {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLease{6000};
constexpr seconds kRenewEvery{2}, kTryToLeadEvery{1}, kInboxEvery{1}, kRetryBroken{1}, kLongestSleep{30};
constexpr seconds kDrain{5};
constexpr std::size_t kMostItems = 2000;      // of one round
constexpr std::size_t kMostWaiting = 20'000;  // beyond it, come again
constexpr std::size_t kMostWaitingBytes = 64 << 20;
constexpr std::size_t kMostRoundBytes = 8 << 20;  // of webhooks in one round
constexpr int kMostPosted = 500;

Error come_again(std::string why) { return {Errc::unavailable, std::move(why)}; }

bool is_same_journal(const StoreOptions& a, const StoreOptions& b) {
  if (a.postgresql.has_value() != b.postgresql.has_value() || a.instance != b.instance) return false;
  return a.postgresql ? a.postgresql->place() == b.postgresql->place() && a.postgresql->database == b.postgresql->database
                      : a.sqlite == b.sqlite;
}

}  // namespace

EngineWorker::EngineWorker(std::shared_ptr<const Setup> setup, const Env& env) : env_(env), setup_(std::move(setup)) {}

EngineWorker::~EngineWorker() { stop(); }

Status EngineWorker::begin() {
  if (Status opened = open_store(); !opened) {
    // A shared store may be away for a while; a file of our own that cannot be opened stays so.
    if (!setup_->store.postgresql || opened.error().code != Errc::unavailable) return opened;
    heard(opened);
  }
  Result<Lanes> lanes = open_lanes(*setup_);
  if (!lanes) return lanes.error();
  lanes_ = std::move(*lanes);
  casebook_ = std::make_unique<Casebook>(setup_->contract, setup_->incidents, env_.clock->wall());
  outbox_ = std::make_unique<Outbox>(*setup_);
  thread_ = std::thread([this] { run(); });
  return ok();
}

Status EngineWorker::open_store() {
  Result<std::unique_ptr<Store>> store = Store::open(setup_->store, env_);
  if (!store) return store.error();
  store_ = std::move(*store);
  return ok();
}

Result<EngineWorker::Lanes> EngineWorker::open_lanes(const Setup& setup) {
  Lanes lanes;
  const auto open = [&](ChannelKind kind) -> Status {
    Result<std::unique_ptr<Channel>> channel = open_channel(kind, setup.contract->channels, setup.channels);
    if (!channel) return channel.error();
    lanes[kind] = std::make_unique<Lane>(std::move(*channel), setup.delivery.timeout, [this](const Job& job, JobResult result) {
      {
        const std::lock_guard lock(mutex_);
        returned_.push_back({job, std::move(result)});
      }
      woken_.notify_all();
    });
    return ok();
  };
  if (setup.delivery.instead) {
    if (Status status = open(*setup.delivery.instead); !status) return status.error();
    return lanes;
  }
  for (std::size_t i = 0; i < kChannelNames.size(); ++i)
    if (const auto kind = static_cast<ChannelKind>(i); setup.contract->channels.has(kind))
      if (Status status = open(kind); !status) return status.error();
  return lanes;
}

void EngineWorker::enqueue(Item item) {
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    stopping = stopping_;
    const std::size_t bytes = waiting_bytes_ + item.body.size();
    if (!stopping && items_.size() < kMostWaiting && bytes <= kMostWaitingBytes) {
      waiting_bytes_ = bytes;
      items_.push_back(std::move(item));
      woken_.notify_all();
      return;
    }
  }
  item.done(come_again(stopping ? "the notifier is stopping" : "too much waits already"));
}

std::vector<EngineWorker::Item> EngineWorker::take_all() {
  const std::lock_guard lock(mutex_);
  std::vector<Item> items(std::make_move_iterator(items_.begin()), std::make_move_iterator(items_.end()));
  items_.clear();
  waiting_bytes_ = 0;
  return items;
}

void EngineWorker::refuse_all(std::string_view why) {
  for (const Item& item : take_all()) item.done(come_again(std::string(why)));
}

void EngineWorker::webhook(std::string body, Done done) {
  enqueue({.kind = Item::Kind::webhook, .body = std::move(body), .action = {}, .done = std::move(done)});
}

void EngineWorker::act(Action action, Done done) {
  enqueue({.kind = Item::Kind::action, .body = {}, .action = std::move(action), .done = std::move(done)});
}

std::shared_ptr<const Setup> EngineWorker::setup() const {
  const std::lock_guard lock(mutex_);
  return setup_;
}

Status EngineWorker::apply(std::shared_ptr<const Setup> setup) {
  if (!is_same_journal(setup->store, this->setup()->store))
    return {Errc::config, "store: another journal than the one that is open: restart finwatch-notifier to move to it"};
  Result<Lanes> lanes = open_lanes(*setup);
  if (!lanes) return lanes.error();
  {
    const std::lock_guard lock(state_);
    for (auto& [kind, lane] : lanes_) retired_.push_back(std::move(lane));
    lanes_ = std::move(*lanes);
    casebook_->replace(setup->contract, setup->incidents);
    outbox_->replace(*setup);
    initialise(counters_, *setup->contract);
    const std::lock_guard shown(mutex_);
    setup_ = std::move(setup);
  }
  woken_.notify_all();
  return ok();
}

void EngineWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ && !thread_.joinable()) return;
    stopping_ = true;
  }
  woken_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (auditor_.joinable()) auditor_.join();
}

void EngineWorker::wait_for_work() {
  const WallTime now = env_.clock->wall();
  nanoseconds sleep = kLongestSleep;
  bool able = false;
  {
    const std::lock_guard lock(state_);
    able = loaded_ && store_ != nullptr;
    if (!able)
      sleep = kRetryBroken;
    else {
      if (setup_->store.postgresql)
        sleep = std::min<nanoseconds>(sleep, std::min(next_lead_, next_inbox_) - env_.clock->steady());
      WallTime due = casebook_->next_due();
      for (const auto& [kind, lane] : lanes_)
        if (lane->idle()) due = std::min(due, outbox_->next_due(kind, now));
      sleep = std::max(std::min<nanoseconds>(sleep, due - now), nanoseconds{0});
    }
  }
  std::unique_lock lock(mutex_);
  // What lanes bring back must wait until the journal can be written again.
  woken_.wait_for(lock, sleep,
                  [this, able] { return stopping_ || !items_.empty() || (able && (!returned_.empty() || !audits_.empty())); });
}

void EngineWorker::run() {
  while (true) {
    const WallTime now = env_.clock->wall();
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      stopping = stopping_;
    }
    {
      const std::lock_guard lock(state_);
      if (lead(now)) round(now);
      keep_house(now);
    }
    if (stopping) break;
    wait_for_work();
  }
  // What is being sent may end, and is written down.
  const SteadyTime until = std::chrono::steady_clock::now() + kDrain;
  while (std::chrono::steady_clock::now() < until) {
    {
      const std::lock_guard lock(state_);
      if (in_flight_.empty() || !loaded_) break;
    }
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, milliseconds{200}, [this] { return !returned_.empty(); });
    }
    const std::lock_guard lock(state_);
    round(env_.clock->wall());
  }
  refuse_all("the notifier is stopping");
  const std::lock_guard lock(state_);
  lanes_.clear();
  retired_.clear();
  if (store_ != nullptr && leads_ && !store_->resign()) env_.log->warn("the lease was not given back; it runs out by itself");
}

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

void EngineWorker::round(WallTime now) {
  std::vector<Item> items;
  std::vector<Returned> returned;
  std::vector<Audit> audits;
  {
    const std::lock_guard lock(mutex_);
    std::size_t bytes = 0;
    while (!items_.empty() && items.size() < kMostItems &&
           (items.empty() || bytes + items_.front().body.size() < kMostRoundBytes)) {
      bytes += items_.front().body.size();
      items.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    waiting_bytes_ -= bytes;
    returned.swap(returned_);
    // A call that outlived our lease says nothing: whoever led since has asked about it.
    std::erase_if(returned, [this](const Returned& one) { return !in_flight_.contains(one.job.deliveries.front()); });
    audits.swap(audits_);
  }
  Decisions decided(counters_);
  std::vector<std::pair<Done, Status>> answers;
  Changes changes;
  for (const Returned& one : returned) outbox_->done(one.job, one.result, now, decided.tally());
  for (const Audit& one : audits)
    if (one.there) casebook_->audited(one.asked, *one.there, now, decided);
  take(std::move(items), now, decided, answers, changes.consumed);
  casebook_->tick(now, decided);
  for (Delivery& message : decided.messages) outbox_->add(std::move(message), now);
  for (const std::int64_t id : decided.changed) {
    const Incident* incident = casebook_->find(id);
    if (incident == nullptr) continue;
    if (!incident->is_open()) outbox_->closed(id, now);
    changes.incidents.push_back(*incident);
  }
  for (const Returned& one : returned) in_flight_.erase(one.job.deliveries.front());
  std::vector<std::pair<Job, Message>> jobs;
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    stopping = stopping_;
  }
  for (const ChannelKind lane : outbox_->lanes())
    if (!lanes_.contains(lane)) outbox_->abandon(lane, now, decided.tally());
  if (!stopping) jobs = next_jobs(now);
  changes.alerts = std::move(decided.alerts);
  changes.timeline = std::move(decided.timeline);
  outbox_->collect(changes);
  changes.counters = std::move(decided.counted);
  const Status committed = changes.empty() ? ok() : store_->commit(changes);
  if (!committed) {
    ++commits_failed_;
    env_.log->error("the journal cannot be written; nothing of this round holds", {{"error", committed.error().message}});
    for (const Returned& one : returned) in_flight_.insert(one.job.deliveries.front());
    {
      const std::lock_guard lock(mutex_);
      returned_.insert(returned_.begin(), std::make_move_iterator(returned.begin()), std::make_move_iterator(returned.end()));
    }
    loaded_ = false;
    if (committed.error().code == Errc::permission) lose(committed.error().message);
    for (auto& [done, status] : answers) done(status ? Status(come_again("the journal cannot be written")) : status);
    return;
  }
  if (!changes.empty()) last_commit_ = now;
  for (auto& [done, status] : answers) done(status);
  for (auto& [job, message] : jobs) {
    in_flight_.insert(job.deliveries.front());
    Lane& lane = *lanes_.at(job.lane);
    lane.start(std::move(job), std::move(message), lease_ends_);
  }
}

std::vector<std::pair<Job, Message>> EngineWorker::next_jobs(WallTime now) {
  std::vector<std::pair<Job, Message>> jobs;
  for (const auto& [kind, lane] : lanes_) {
    if (!lane->idle()) continue;
    std::optional<Job> job = outbox_->next(kind, now);
    if (!job) continue;
    Message message = compose(*job, *outbox_, *casebook_, *setup_, now);
    jobs.emplace_back(std::move(*job), std::move(message));
  }
  return jobs;
}

Status EngineWorker::take_one(const Item& item, WallTime now, Decisions& decided) {
  if (item.kind == Item::Kind::action) return casebook_->act(item.action, now, decided);
  Result<Payload> payload = read_payload(item.body);
  count(decided.tally(), counted::kWebhooks, to_string(payload ? WebhookResult::accepted : WebhookResult::malformed));
  if (!payload) return payload.error();
  if (payload->truncated > 0)
    env_.log->warn("Alertmanager left alerts out: set max_alerts to 0 in its webhook", {{"left_out", payload->truncated}});
  casebook_->receive(*payload, now, decided);
  return ok();
}

void EngineWorker::take(std::vector<Item> items, WallTime now, Decisions& decided,
                        std::vector<std::pair<Done, Status>>& answers, std::vector<std::int64_t>& consumed) {
  for (Item& item : items) {
    Status status = take_one(item, now, decided);
    item.body = {};
    answers.emplace_back(std::move(item.done), std::move(status));
  }
  if (setup_->store.postgresql && env_.clock->steady() >= next_inbox_) take_inbox(now, decided, consumed);
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
    if (status) status = take_one(item, now, decided);
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
  for (const auto& [kind, lane] : lanes_)
    figures.lanes.push_back({.channel = kind,
                             .queued = outbox_->queued(kind),
                             .sending = outbox_->sending(kind),
                             .oldest = outbox_->oldest(kind),
                             .held_back = outbox_->held_back(kind, now)});
  figures.heartbeat = casebook_->heartbeat();
  figures.heartbeat_silent = casebook_->heartbeat_silent();
  return figures;
}

}  // namespace finwatch::notifier
