// One step of a run: rendered, sent, judged; tried again or repeated where the file says so.
//
//   StepRun run(machines);
//   run.start(conversation, step, Section::steps, begun, deadline, [](StepReport&& report) { … });
//
// The callback comes once, on the loop's thread and never inside start(). What the step extracts is in the conversation's variables
// before it.
#pragma once

#include <functional>
#include <memory>

#include "workflow/run/machines.h"
#include "workflow/run/report.h"

namespace finwatch::workflow {

class StepRun {
 public:
  using Callback = std::function<void(StepReport&&)>;

  explicit StepRun(const Machines& machines);
  ~StepRun();
  StepRun(const StepRun&) = delete;
  StepRun& operator=(const StepRun&) = delete;

  /// `run_begun`: from where the report's `begun` is counted. `deadline` is the run's; the step's own time-out may come before it.
  void start(Conversation& conversation, const Step& step, Section section, SteadyTime run_begun, SteadyTime deadline,
             Callback callback);
  /// Ends it soon, as failed.
  void cancel();

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace finwatch::workflow
