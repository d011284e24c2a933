// The engine's thread and what it holds. One round: take all that waits, decide, commit once, answer, send.
//
// Two locks, state_ before mutex_. A round holds state_ for as long as its commit takes; nothing that must answer at once waits for it.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "notifier/engine/engine.h"
#include "notifier/engine/lane.h"
#include "notifier/engine/outbox.h"
#include "notifier/incident/casebook.h"
#include "notifier/store/archive.h"
#include "notifier/store/store.h"

namespace finwatch::notifier {

class EngineWorker final : public Engine {
 public:
  EngineWorker(std::shared_ptr<const Setup> setup, const Env& env);
  ~EngineWorker() override;
  /// Opens the store and the channels, then works. Errors are those of the store and of the channels.
  Status begin();

  void webhook(std::string body, Done done) override;
  void turned_away() override;
  void act(Action action, Done done) override;
  Status apply(std::shared_ptr<const Setup> setup) override;
  std::shared_ptr<const Setup> setup() const override;
  Figures figures() const override;
  void stop() override;

 private:
  /// What waits for the next round.
  struct Item {
    enum class Kind : unsigned char { webhook, action } kind = Kind::webhook;
    std::string body;
    Action action;
    Done done;
  };
  struct Returned {
    Job job;
    JobResult result;
  };
  struct Audit {
    std::vector<std::string> asked;
    Result<std::set<std::string>> there;
  };
  /// Webhooks by how they were answered, where that could not be counted at once.
  using Uncounted = std::array<int, kWebhookResultNames.size()>;
  /// All that one round works on.
  struct Waiting {
    std::vector<Item> items;
    std::vector<Returned> returned;
    std::vector<Audit> audits;
    Uncounted uncounted{};
    bool stopping = false;
  };
  struct Answer {
    Item::Kind kind{};
    Done done;
    Status status;
  };
  using Lanes = std::map<ChannelKind, std::unique_ptr<Lane>>;

  void enqueue(Item item);
  std::vector<Item> take_all();
  void refuse(const Item& item, std::string why);
  void refuse_all(std::string_view why);
  void run();
  void wait_for_work();
  bool lead(WallTime now);
  bool load(WallTime now);
  void lose(const std::string& why);
  void heard(const Status& store);
  void round(WallTime now);
  Waiting take_waiting();
  void decide(Waiting& waiting, WallTime now, Decisions& decided, std::vector<Answer>& answers,
              std::vector<std::int64_t>& consumed);
  void undo(Waiting waiting, const std::vector<Answer>& answers, const Error& why);
  Status take_one(const Item& item, WebhookResult accepted, WallTime now, Decisions& decided);
  void take_inbox(WallTime now, Decisions& decided, std::vector<std::int64_t>& consumed);
  std::vector<std::pair<Job, Message>> next_jobs(WallTime now);
  void post(WallTime now);
  void keep_house(WallTime now);
  void audit(WallTime now);
  Result<Lanes> open_lanes(const Setup& setup);
  Status open_store();

  const Env env_;
  mutable std::mutex mutex_;  // of what comes in
  std::condition_variable woken_;
  std::deque<Item> items_;
  std::size_t waiting_bytes_ = 0;  // of the bodies in items_
  Uncounted uncounted_{};
  std::vector<Returned> returned_;
  std::vector<Audit> audits_;
  bool stopping_ = false;

  mutable std::mutex state_;            // of what a round works on; figures() looks at it between two rounds
  std::shared_ptr<const Setup> setup_;  // written under both locks, so that either is enough to read it
  std::unique_ptr<Store> store_;        // nullptr while a shared one cannot be reached
  std::unique_ptr<Casebook> casebook_;
  std::unique_ptr<Outbox> outbox_;
  Counters counters_;
  Lanes lanes_;
  std::vector<std::unique_ptr<Lane>> retired_;  // of a setup that was replaced, until they are idle
  std::set<std::int64_t> in_flight_;            // the first delivery of each job that a lane has
  bool leads_ = false;
  bool loaded_ = false;
  std::string leader_;
  std::optional<SteadyTime> away_since_;  // the store did not answer the last time
  int times_led_ = 0;                     // in the log, where a line that says the same again is left out for a minute
  SteadyTime lease_ends_;                 // at the latest, whatever the server's clock says
  SteadyTime next_lead_, next_inbox_, next_size_, next_retention_, next_audit_;  // as a clock counts that nobody sets
  StoreSize size_;
  std::optional<WallTime> last_commit_;
  std::uint64_t commits_failed_ = 0;
  std::thread auditor_;
  std::thread thread_;
};

}  // namespace finwatch::notifier
