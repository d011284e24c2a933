// What is known of a target: its lanes write it down, scrapes read it. One mutex guards it, which nobody holds while a server is
// asked.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "database/targets/target.h"

namespace finwatch::database {

/// The two threads of a target: one for each scrape, one with a timer of its own for the medium and the slow lane.
enum class LaneThread : unsigned char { fast, timed };

class TargetState {
 public:
  /// One collector of this target. Its reader is called by one lane's thread alone.
  struct Slot {
    const DatabaseCollector* row = nullptr;
    std::shared_ptr<const Settings> settings;
    std::unique_ptr<Reader> reader;
    CollectorView view;
    std::uint64_t run = 0;  // of the fast lane, in which it was last well
  };

  TargetState(TargetOptions o, const std::vector<ChosenCollector>& collectors, const Env& e, Target::Connect c);

  const TargetOptions options;
  const Env env;
  const Target::Connect connect;

  const std::vector<Slot*>& slots(LaneThread thread) const { return thread == LaneThread::fast ? fast_slots_ : timed_slots_; }

  // What scrapes say and ask, as in Target.
  std::uint64_t begin(SteadyTime deadline);
  void wait(std::uint64_t run, SteadyTime deadline) const;
  void wait_for_first_round(SteadyTime deadline) const;
  TargetView take(std::uint64_t run);
  TargetView last_view() const;
  void stop();

  // What the lanes say and ask.
  struct Wanted {
    std::uint64_t run;
    SteadyTime deadline;
  };
  /// Waits for a scrape newer than `run`; nothing when the target is taken away.
  std::optional<Wanted> next_scrape(std::uint64_t run) const;
  /// False when the target is taken away before `time`.
  bool rest_until(SteadyTime time) const;
  bool stopping() const;
  void logged_in(LaneThread thread, std::string_view version, double seconds, bool reserved);
  /// `seconds` is nothing when the server was not asked.
  void not_logged_in(LaneThread thread, SqlReason why, std::optional<double> seconds);
  void session_ended(LaneThread thread, SqlReason why);
  void publish(Slot& slot, std::shared_ptr<const MetricSink> page, double seconds, std::uint64_t run);
  void failed(Slot& slot, const Error& error, double seconds);
  void answered(std::uint64_t run, bool up);
  void end_first_round();

 private:
  TargetView look(std::uint64_t run) const;  // under the lock

  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> fast_slots_;
  std::vector<Slot*> timed_slots_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopping_ = false;
  std::uint64_t wanted_ = 0;    // the number of the newest scrape
  std::uint64_t askers_ = 0;    // that began and have not taken yet
  std::uint64_t answered_ = 0;  // the newest that the fast lane has ended
  std::uint64_t well_run_ = 0;  // the newest in which the server was up to the end
  SteadyTime deadline_{};       // of the newest scrape
  bool first_round_done_ = false;
  SqlReason reason_ = SqlReason::timeout;
  double connect_seconds_ = 0;
  std::uint64_t logins_ = 0;
  std::uint64_t failures_ = 0;
  int sessions_ = 0;
  bool reserved_ = false;  // that of the fast lane
  std::string version_;
};

}  // namespace finwatch::database
