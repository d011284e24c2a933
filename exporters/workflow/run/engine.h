// Runs flows by their schedules, one run of a flow at a time, and writes on the board what came of them.
//
//   FlowEngine engine(machines, board);
//   engine.apply(flows, sql_pool);       // again after the configuration was read anew: counters and kept sessions stay
//   loop.run();
//   engine.stop([&] { loop.stop(); });   // what runs is cut off, and cleans up
//
// A flow that is refused (Flow::refusal) or whose quota of writes is used up does not run. After a refused login no flow with the same
// account logs in for a minute, then two, at most an hour, so that a stale password locks nobody out.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "workflow/run/board.h"
#include "workflow/run/flow_run.h"
#include "workflow/run/machines.h"

namespace finwatch::workflow {

class FlowEngine {
 public:
  FlowEngine(const Machines& machines, FlowBoard& board);
  ~FlowEngine();
  FlowEngine(const FlowEngine&) = delete;
  FlowEngine& operator=(const FlowEngine&) = delete;

  /// Before flows that write are applied.
  void set_journal(Journal* journal) { machines_.journal = journal; }
  void apply(const std::vector<std::shared_ptr<const Flow>>& flows, std::shared_ptr<SqlPool> sql);
  /// Starts nothing more; `done` is called once nothing runs.
  void stop(std::function<void()> done);
  std::size_t running() const { return running_; }

 private:
  struct Entry;
  struct Hold {
    int refusals = 0;
    SteadyTime until{};
  };
  void plan(Entry& entry);
  void tick(Entry& entry);
  void start_next();
  void forget_due();
  bool may_start(Entry& entry);
  void begin(Entry& entry);
  void finished(Entry& entry, const std::shared_ptr<const RunReport>& report);
  void note_journal(FlowState& state) const;
  void hold_back(Entry& entry, const RunReport& report);
  void log_change(const Entry& entry, const RunReport& report) const;
  void drop_retired();

  Machines machines_;
  FlowBoard& board_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::unique_ptr<Entry>> retired_;     // of an earlier configuration, still running
  std::deque<Entry*> due_;                          // in the order in which they start
  Timer starter_;                                   // starts the first of them
  Timer sweeper_;                                   // takes the retired ones away
  std::map<std::string, Hold, std::less<>> holds_;  // by account
  std::size_t running_ = 0;
  bool stopping_ = false;
  std::function<void()> done_;
};

}  // namespace finwatch::workflow
