#include "notifier/engine/worker.h"

#include <algorithm>

#include "http/http.h"
#include "notifier/engine/compose.h"

namespace finwatch::notifier {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kRetryBroken{1}, kLongestSleep{30};
constexpr seconds kDrain{5};
constexpr std::size_t kMostItems = 2000;      // of one round
constexpr std::size_t kMostWaiting = 20'000;  // beyond it, come again
constexpr std::size_t kMostWaitingBytes = 64 << 20;
constexpr std::size_t kMostRoundBytes = 8 << 20;  // of webhooks in one round

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
  if (Status prepared = prepare_curl(); !prepared) return prepared;
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
  refuse(item, stopping ? "the notifier is stopping" : "too much waits already");
}

std::vector<EngineWorker::Item> EngineWorker::take_all() {
  const std::lock_guard lock(mutex_);
  std::vector<Item> items(std::make_move_iterator(items_.begin()), std::make_move_iterator(items_.end()));
  items_.clear();
  waiting_bytes_ = 0;
  return items;
}

void EngineWorker::refuse(const Item& item, std::string why) {
  if (item.kind == Item::Kind::webhook) {
    const std::lock_guard lock(mutex_);
    ++uncounted_[static_cast<std::size_t>(WebhookResult::unavailable)];
  }
  item.done(Error{Errc::unavailable, std::move(why)});
}

void EngineWorker::refuse_all(std::string_view why) {
  for (const Item& item : take_all()) refuse(item, std::string(why));
}

void EngineWorker::turned_away() {
  const std::lock_guard lock(mutex_);
  ++uncounted_[static_cast<std::size_t>(WebhookResult::unauthorised)];
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

EngineWorker::Waiting EngineWorker::take_waiting() {
  Waiting waiting;
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  while (!items_.empty() && waiting.items.size() < kMostItems &&
         (waiting.items.empty() || bytes + items_.front().body.size() < kMostRoundBytes)) {
    bytes += items_.front().body.size();
    waiting.items.push_back(std::move(items_.front()));
    items_.pop_front();
  }
  waiting_bytes_ -= bytes;
  waiting.returned.swap(returned_);
  // A call that outlived our lease says nothing: whoever led since has asked about it.
  std::erase_if(waiting.returned, [this](const Returned& one) { return !in_flight_.contains(one.job.deliveries.front()); });
  waiting.audits.swap(audits_);
  std::swap(waiting.uncounted, uncounted_);
  waiting.stopping = stopping_;
  return waiting;
}

void EngineWorker::round(WallTime now) {
  Waiting waiting = take_waiting();
  Decisions decided(counters_);
  std::vector<Answer> answers;
  Changes changes;
  decide(waiting, now, decided, answers, changes.consumed);
  for (const std::int64_t id : decided.changed)
    if (const Incident* incident = casebook_->find(id)) {
      if (!incident->is_open()) outbox_->closed(id, now, decided.tally());
      changes.incidents.push_back(*incident);
    }
  for (const Returned& one : waiting.returned) in_flight_.erase(one.job.deliveries.front());
  for (const ChannelKind lane : outbox_->lanes())
    if (!lanes_.contains(lane)) outbox_->abandon(lane, now, decided.tally());
  std::vector<std::pair<Job, Message>> jobs;
  if (!waiting.stopping) jobs = next_jobs(now);
  changes.alerts = std::move(decided.alerts);
  changes.timeline = std::move(decided.timeline);
  outbox_->collect(changes);
  changes.counters = std::move(decided.counted);
  if (!changes.empty()) {
    if (Status committed = store_->commit(changes); !committed) return undo(std::move(waiting), answers, committed.error());
    last_commit_ = now;
  }
  for (Answer& answer : answers) answer.done(answer.status);
  for (auto& [job, message] : jobs) {
    in_flight_.insert(job.deliveries.front());
    Lane& lane = *lanes_.at(job.lane);
    lane.start(std::move(job), std::move(message), lease_ends_);
  }
}

// What follows from all that waited, and from the time.
void EngineWorker::decide(Waiting& waiting, WallTime now, Decisions& decided, std::vector<Answer>& answers,
                          std::vector<std::int64_t>& consumed) {
  for (std::size_t i = 0; i < waiting.uncounted.size(); ++i)
    if (waiting.uncounted[i] > 0)
      count_labels(decided.tally(), counted::kWebhooks, std::array{kWebhookResultNames[i]}, waiting.uncounted[i]);
  for (const Returned& one : waiting.returned) outbox_->done(one.job, one.result, now, decided.tally());
  for (const Audit& one : waiting.audits)
    if (one.there) casebook_->audited(one.asked, *one.there, now, decided);
  for (Item& item : waiting.items) {
    Status status = take_one(item, WebhookResult::accepted, now, decided);
    item.body = {};
    answers.push_back({item.kind, std::move(item.done), std::move(status)});
  }
  if (setup_->store.postgresql && env_.clock->steady() >= next_inbox_) take_inbox(now, decided, consumed);
  casebook_->tick(now, decided);
  for (Delivery& message : decided.messages) outbox_->add(std::move(message), now);
}

// Nothing of the round holds: what lanes brought back comes again, those who asked come again.
void EngineWorker::undo(Waiting waiting, const std::vector<Answer>& answers, const Error& why) {
  ++commits_failed_;
  env_.log->error("the journal cannot be written; nothing of this round holds", {{"error", why.message}});
  for (const Returned& one : waiting.returned) in_flight_.insert(one.job.deliveries.front());
  for (const Answer& answer : answers)
    if (answer.kind == Item::Kind::webhook)
      ++waiting.uncounted[static_cast<std::size_t>(answer.status ? WebhookResult::unavailable : WebhookResult::malformed)];
  {
    const std::lock_guard lock(mutex_);
    returned_.insert(returned_.begin(), std::make_move_iterator(waiting.returned.begin()),
                     std::make_move_iterator(waiting.returned.end()));
    for (std::size_t i = 0; i < uncounted_.size(); ++i) uncounted_[i] += waiting.uncounted[i];
  }
  loaded_ = false;
  if (why.code == Errc::permission) lose(why.message);
  for (const Answer& answer : answers)
    answer.done(answer.status ? Status(Errc::unavailable, "the journal cannot be written") : answer.status);
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

Status EngineWorker::take_one(const Item& item, WebhookResult accepted, WallTime now, Decisions& decided) {
  if (item.kind == Item::Kind::action) return casebook_->act(item.action, now, decided);
  Result<Payload> payload = read_payload(item.body);
  count(decided.tally(), counted::kWebhooks, to_string(payload ? accepted : WebhookResult::malformed));
  if (!payload) return payload.error();
  if (payload->truncated > 0)
    env_.log->warn("Alertmanager left alerts out: set max_alerts to 0 in its webhook", {{"left_out", payload->truncated}});
  casebook_->receive(*payload, now, decided);
  return ok();
}

}  // namespace finwatch::notifier
