// The one thread that changes anything: it takes what comes in, lets the casebook and the outbox decide, commits once for all that
// waited (group commit), and only then answers and sends.
//
//   Result<std::unique_ptr<Engine>> engine = Engine::start(setup, env);
//   (*engine)->webhook(body, [](Status status) { … 200, or 503 … });
//   (*engine)->act({.kind = ActionKind::acknowledge, …}, [](Status status) { … });
//
// Everything here may be called from any thread. Callbacks come from the engine's thread: copy and be gone.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/environment.h"
#include "core/result.h"
#include "notifier/incident/action.h"
#include "notifier/incident/incident.h"
#include "notifier/incident/overview.h"
#include "notifier/setup.h"

namespace finwatch::notifier {

/// What the collectors show; a consistent copy. Small, however much is open.
struct Figures {
  Counters counters;  // of families ending in _total, _bucket, _sum, _count
  Overview open;
  struct Lane {
    ChannelKind channel{};
    std::size_t queued = 0, sending = 0;
    std::optional<WallTime> oldest;  // created, of those not delivered
    bool held_back = false;          // its bucket is empty
  };
  std::vector<Lane> lanes;
  bool leads = false;
  std::string leader;
  std::optional<WallTime> heartbeat;  // when Watchdog was last heard
  bool heartbeat_silent = false;
  StoreSize journal;
  std::optional<WallTime> last_commit;
  std::uint64_t commits_failed = 0;
};

class Engine {
 public:
  using Done = std::function<void(Status)>;

  static Result<std::unique_ptr<Engine>> start(std::shared_ptr<const Setup> setup, const Env& env);
  virtual ~Engine() = default;

  /// Alertmanager's webhook, version 4. malformed: refuse it with 400; unavailable: 503, Alertmanager comes again.
  virtual void webhook(std::string body, Done done) = 0;
  /// A webhook was turned away at the door: it is counted.
  virtual void turned_away() = 0;
  /// malformed or config: refused, the message says why; no_data: no such incident; unavailable: not on disk, try again.
  virtual void act(Action action, Done done) = 0;
  /// A new setup after a reload; channels are opened anew. An error leaves everything as it was.
  virtual Status apply(std::shared_ptr<const Setup> setup) = 0;
  virtual std::shared_ptr<const Setup> setup() const = 0;
  virtual Figures figures() const = 0;
  /// No more sending; what is being sent may end, for a few seconds.
  virtual void stop() = 0;
};

}  // namespace finwatch::notifier
