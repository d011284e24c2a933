// One run of a flow: login, sweep, steps, and whatever happened in them, finally and logout.
//
//   FlowRun run(machines, flow);
//   run.start(session, {.lag = lag}, [](std::shared_ptr<const RunReport> report) { … });
//
// The callback comes once, on the loop's thread and never inside start(). `session` is the flow's, outlives the run, and is kept
// in it where the flow says so.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "workflow/run/machines.h"
#include "workflow/run/report.h"

namespace finwatch::workflow {

/// A login that serves more than one run.
struct Session {
  bool may_be_kept = true;  // false: a login and a logout in this run, whatever the flow says
  bool kept = false;
  SteadyTime until{};
  std::vector<std::pair<std::size_t, Value>> values = {};  // what login extracted
  CookieJar cookies = {};

  void drop() { *this = {.may_be_kept = may_be_kept}; }
};

class FlowRun {
 public:
  using Callback = std::function<void(std::shared_ptr<const RunReport>)>;

  FlowRun(const Machines& machines, std::shared_ptr<const Flow> flow);
  ~FlowRun();
  FlowRun(const FlowRun&) = delete;
  FlowRun& operator=(const FlowRun&) = delete;

  /// `tested`: the self-test has passed before, so that a failure of it is a failure.
  void start(Session& session, bool tested, Callback callback);
  /// The step that runs is cut off; `finally` still runs, within its own budget.
  void stop();

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

/// The variables of a run: parameters and secrets, the tag, the run's and the trace's number.
void begin_variables(const Flow& flow, const std::string& run_id, const std::string& trace_id, Variables& variables);

/// "20261126-110409-3fa2b1c4", and 32 hexadecimal digits.
std::string make_run_id(WallTime now, Random& random);
std::string make_trace_id(Random& random);

/// In front of every note that a probe leaves in the books, so that people and sweeps know it.
inline constexpr std::string_view kTag = "PROBE";

}  // namespace finwatch::workflow
