// All open incidents, and the one place where they change. Pure: it is told what came and what time it is, and says what follows
// from it; it reads nothing, writes nothing and sends nothing.
//
//   Casebook casebook(contract, setup.incidents, now);
//   Decisions decided(counters);
//   casebook.receive(payload, now, decided);          // alerts fired, cleared, came again
//   casebook.act(action, now, decided);               // a person did something
//   casebook.tick(now, decided);                      // time passed: steps, warnings, hold-downs
//   wake_at(casebook.next_due(now));
//
// What is decided counts once it is committed; until then the engine can throw the casebook away and restore another one.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "notifier/contract/contract.h"
#include "notifier/incident/action.h"
#include "notifier/incident/clocks.h"
#include "notifier/incident/counters.h"
#include "notifier/incident/incident.h"
#include "notifier/incident/payload.h"

namespace finwatch::notifier {

struct IncidentSetup {
  nanoseconds hold_down{std::chrono::minutes{10}};    // a re-fire so soon after the end is the same fault
  nanoseconds reopen_within{std::chrono::hours{24}};  // and so soon the same incident, reopened
  nanoseconds close_after{std::chrono::hours{24}};    // after it was verified
  bool verify_by_hand = false;                        // else: verified when the hold-down passed in silence
};

/// What follows from the things that came in; `totals` are the counters as they stand.
struct Decisions {
  explicit Decisions(Counters& counters) : totals(counters) {}

  Counters& totals;
  std::set<std::int64_t> changed;  // incidents
  std::vector<AlertRecord> alerts;
  std::vector<TimelineEntry> timeline;
  std::vector<Delivery> messages;  // to be sent; their ids and states are the outbox's
  Counters counted;                // new values of those that moved

  Tally tally() { return {totals, counted}; }
};

/// The key of the incident that the silence of the heartbeat opens.
inline constexpr std::string_view kHeartbeatKey = "heartbeat";

class Casebook {
 public:
  Casebook(std::shared_ptr<const Contract> contract, const IncidentSetup& setup, WallTime now);
  // Its keys are views of what it holds: they move with it, and cannot be copied.
  Casebook(Casebook&&) = default;
  Casebook& operator=(Casebook&&) = default;

  /// What was committed: incidents that are open or may be reopened, and the alerts of these.
  void restore(std::vector<Incident> incidents, const std::vector<AlertRecord>& alerts, std::int64_t next_id);
  void replace(std::shared_ptr<const Contract> contract, const IncidentSetup& setup);

  void receive(const Payload& payload, WallTime now, Decisions& out);
  /// no_data: no such incident; config: not possible now, and why; malformed: the action itself is wrong.
  Status act(const Action& action, WallTime now, Decisions& out);
  void tick(WallTime now, Decisions& out);
  /// When tick() has something to do; in the past when it has already.
  WallTime next_due() const;

  /// Alerts that fire, and that Alertmanager has not said again for longer than it should take: it is asked for them.
  std::vector<std::string> overdue(WallTime now) const;
  /// It still has these of them; the others ended without a word.
  void audited(const std::vector<std::string>& asked, const std::set<std::string>& there, WallTime now, Decisions& out);

  /// Of all clocks that run, those whose deadlines are nearest to now, the nearest first.
  std::vector<RunningClock> nearest_clocks(WallTime now, std::size_t most) const;

  const Incident* find(std::int64_t id) const;
  const std::map<std::int64_t, Incident>& incidents() const { return incidents_; }
  std::int64_t next_id() const { return next_id_; }
  std::optional<WallTime> heartbeat() const { return heartbeat_; }
  bool heartbeat_silent() const { return heartbeat_incident_ != 0; }

 private:
  struct Seen {
    WallTime starts;
    std::int64_t incident = 0;
    bool firing = false;
    WallTime said;      // last
    WallTime recorded;  // `said` as it is on disk
  };
  /// What an incident waits for, worked out when it changes: deadlines by ClockKind, kNever of those that do not run.
  struct Plan {
    WallTime due;
    std::array<WallTime, kClockNames.size()> deadlines;
  };
  static constexpr WallTime kNever = WallTime::max();
  struct By {
    std::string_view actor, channel;
  };

  // alerts (casebook_receive.cpp)
  void fire(const ReceivedAlert& alert, WallTime now, Decisions& out);
  void clear(const ReceivedAlert& alert, WallTime now, Decisions& out);
  void ended(Incident& incident, WallTime when, std::string_view how, WallTime now, Decisions& out);
  Incident& open(const ReceivedAlert& alert, WallTime now);
  void join(Incident& incident, const ReceivedAlert& alert, WallTime now, Decisions& out);
  void refire(Incident& incident, const ReceivedAlert& alert, WallTime now, Decisions& out);
  void reopen(Incident& incident, By by, std::string_view note, WallTime now, Decisions& out);
  Incident* home_of(const Seen& seen, WallTime now);
  std::string key_of(const ReceivedAlert& alert) const;
  void classify(Incident& incident, const ReceivedAlert& alert) const;
  void begin(Incident& incident, WallTime now, Decisions& out);

  // what people do (casebook_act.cpp)
  Status acknowledge(Incident& incident, const Action& action, WallTime now, Decisions& out);
  Status assign(Incident& incident, const Action& action, WallTime now, Decisions& out);
  Status diagnose(Incident& incident, const Action& action, WallTime now, Decisions& out);
  Status resolve(Incident& incident, const Action& action, WallTime now, Decisions& out);
  Status verify(Incident& incident, const Action& action, WallTime now, Decisions& out);
  Status close(Incident& incident, const Action& action, Outcome outcome, WallTime now, Decisions& out);
  Status merge(Incident& incident, const Action& action, WallTime now, Decisions& out);
  void became_verified(Incident& incident, By by, std::string_view note, WallTime now, Decisions& out);
  void became_closed(Incident& incident, Outcome outcome, By by, std::string_view note, WallTime now, Decisions& out);

  // time (casebook_tick.cpp)
  void tick_one(Incident& incident, WallTime now, Decisions& out);
  void run_steps(Incident& incident, const Clocks& clocks, WallTime now, Decisions& out);
  void warn(Incident& incident, const Clocks& clocks, WallTime now, Decisions& out);
  void settle(Incident& incident, WallTime now, Decisions& out);
  void watch_heartbeat(WallTime now, Decisions& out);
  Plan plan_of(const Incident& incident, WallTime now) const;
  void wait_for(std::int64_t id, const Plan& plan);
  void forget(std::int64_t id, WallTime now);
  void observe_clock(const Incident& incident, ClockKind kind, WallTime until, Decisions& out) const;

  // who is told (casebook_tell.cpp)
  void tell(const Incident& incident, Purpose purpose, int step, std::string_view duty, const std::vector<ChannelKind>& by,
            WallTime now, Decisions& out);
  void tell_step(const Incident& incident, std::size_t step, Purpose purpose, WallTime now, Decisions& out);
  void tell_those_told(const Incident& incident, Purpose purpose, WallTime now, Decisions& out);
  std::vector<std::string> people_for(const Incident& incident, std::string_view duty, WallTime now, Decisions& out) const;

  Incident* at(std::int64_t id);
  void take_key(const Incident& incident);
  void touch(Incident& incident, WallTime now, Decisions& out);
  static void line(const Incident& incident, std::string_view kind, By by, std::string note, WallTime now, Decisions& out);
  static void record(const ReceivedAlert& alert, const Seen& seen, Decisions& out);
  static void ended_unseen(const std::string& fingerprint, Seen& seen, Decisions& out);

  std::shared_ptr<const Contract> contract_;
  IncidentSetup setup_;
  std::map<std::int64_t, Incident> incidents_;
  std::unordered_map<std::string_view, std::int64_t> open_by_key_;  // views of the incidents' own keys
  std::unordered_map<std::uint64_t, Seen> alerts_;                  // by fingerprint
  std::unordered_map<std::int64_t, Plan> plans_;                    // of incidents that wait for something
  std::set<std::pair<WallTime, std::int64_t>> due_order_;
  std::unordered_map<std::int64_t, WallTime> joined_told_;  // when people last heard that an alert joined
  std::int64_t next_id_ = 1;
  std::optional<WallTime> heartbeat_;
  WallTime heartbeat_since_;  // it has been heard, or waited for, without a pause since
  std::int64_t heartbeat_incident_ = 0;
};

/// A fingerprint is a number of 16 hexadecimal digits; as such it takes a quarter of the memory.
std::uint64_t number_of(std::string_view fingerprint);
std::string fingerprint_of(std::uint64_t number);

/// The state that the milestones say, of an incident that is not resolved.
State state_of(const Incident& incident);

}  // namespace finwatch::notifier
