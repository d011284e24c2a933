// One server: its lanes, their sessions, and the last values of its collectors.
//
//   Target target(options, collectors, env);
//   const auto run = target.begin(deadline);        // wakes the fast lane; returns at once
//   target.wait(run, deadline);
//   TargetView view = target.take(run);             // up or why not, and what each collector last said
//
// Two threads and at most two sessions a target: the fast lane runs at each scrape, the other one serves the medium and the slow
// lane by its own timer. Scrapers never touch a session: a server that hangs costs them their deadline at most, and the target says
// up 0. While it is down, a new session is tried with growing pauses; a wrong password is tried ever more seldom, so that no account
// is locked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "database/collector.h"

namespace finwatch::database {

/// How one collector of one target stands.
struct CollectorView {
  const DatabaseCollector* row = nullptr;
  std::shared_ptr<const MetricSink> published;  // what it wrote when it was last well; nullptr when nothing may be shown
  bool attempted = false;                       // it ran at least once
  bool supported = true;                        // false: this server has no such thing
  bool success = false;                         // its last run went well
  Errc reason = Errc::unavailable;              // when it did not
  double duration_seconds = 0;
  WallTime last_success{};  // the epoch: never
};

struct TargetView {
  bool up = false;
  SqlReason reason = SqlReason::timeout;  // when it is not up
  double connect_seconds = 0;             // what the last connecting took
  std::uint64_t logins = 0;               // sessions opened so far
  std::uint64_t failures = 0;             // attempts that gave none
  int sessions = 0;                       // open now
  bool reserved = false;                  // one of them in a slot that the server keeps for emergencies
  std::string version;                    // empty until it was connected once
  std::vector<CollectorView> collectors;
};

/// A collector as the configuration wants it.
struct ChosenCollector {
  const DatabaseCollector* row = nullptr;
  std::shared_ptr<const Settings> settings;
};

class TargetState;

class Target {
 public:
  /// `connect` is connect_sql, or a test's.
  using Connect = SqlConnected (*)(const SqlAddress& address, SteadyTime deadline);

  Target(TargetOptions options, const std::vector<ChosenCollector>& collectors, const Env& env, Connect connect = &connect_sql);
  /// Leaves behind what hangs: its threads end when their calls return, which their deadlines see to.
  ~Target();
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  const std::string& name() const;
  Engine engine() const;
  const TargetOptions& options() const;

  /// Wakes the fast lane for a scrape that must end by `deadline`. The number is for wait() and view().
  std::uint64_t begin(SteadyTime deadline);
  /// Until the fast lane has answered, or the deadline.
  void wait(std::uint64_t run, SteadyTime deadline);
  /// Until each collector of the other lanes ran once: for --once and the first /probe.
  void wait_for_first_round(SteadyTime deadline);
  /// Once for each begin(). The last who asked takes away what the fast lane wrote: to a later scrape it is of no use.
  TargetView take(std::uint64_t run);
  /// How it stands without being asked: of the last scrape, or of the running one when that is late.
  TargetView last_view() const;

 private:
  std::shared_ptr<TargetState> state_;  // shared with its threads
};

}  // namespace finwatch::database
