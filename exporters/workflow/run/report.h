// What a run of a flow did: for metrics, and for a person who asks how it went.
//
//   for (const StepReport& step : run->steps) print(step.step->id, step.duration, to_string(step.result), step.message);
//
// Every text here is masked and bounded when it is put in. A finished report never changes, and its readers share it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "workflow/flow/flow.h"
#include "workflow/net/call.h"
#include "workflow/net/tls.h"
#include "workflow/value/reason.h"

namespace finwatch::workflow {

inline constexpr std::size_t kReasonCount = std::size(kReasonNames);
inline constexpr std::size_t kMostKeptRuns = 10;    // of a flow
inline constexpr std::size_t kMostExcerpt = 2'000;  // characters of an answer that betrayed a failure
inline constexpr std::size_t kMostMessage = 400;    // of a message

enum class StepResult : unsigned char {
  ok,
  failed,
  skipped,  // `when` did not hold, the session was kept, or an earlier step failed
};
constexpr std::string_view to_string(StepResult result) {
  constexpr std::string_view kNames[] = {"ok", "failed", "skipped"};
  return kNames[static_cast<unsigned char>(result)];
}

/// A number that a step was asked to show.
struct Exported {
  const Export* what = nullptr;  // of the flow
  double value = 0;
};

struct StepReport {
  const Step* step = nullptr;  // of the report's flow
  Section section = Section::steps;
  StepResult result = StepResult::ok;
  Reason reason = Reason::internal;          // of a failed one
  std::string message;                       // why it failed or was skipped; empty when all went well
  std::chrono::nanoseconds begun{};          // since the run began
  std::chrono::nanoseconds duration{};       // of all attempts, with the pauses between them
  std::chrono::nanoseconds attempt_begun{};  // of the last attempt, since the run began
  PhaseTimes phases;                         // of the last attempt
  int attempts = 0;
  int status = 0;       // of HTTP
  std::string sent;     // "POST https://erp.example/tryton/", or the statement
  std::string excerpt;  // of the answer of a failed step
  std::string remote;   // "192.0.2.7:443"
  std::string version;  // of HTTP: "1.1"
  std::shared_ptr<const TlsFacts> tls;
  std::vector<Exported> exported;
};

struct RunReport {
  std::shared_ptr<const Flow> flow;
  std::string run_id;
  std::string trace_id;  // 32 hexadecimal digits, as in traceparent
  std::string release;   // of the system under probe, where the flow tells
  WallTime started{};
  std::chrono::nanoseconds duration{};  // of the steps, without sweep and finally: what a person would have waited
  bool success = false;
  Reason reason = Reason::internal;  // of the first failure, when there is one
  std::string message;
  bool session_reused = false;
  bool unsupported = false;  // its self-test found another product: neither a success nor a failure
  int created = 0, removed = 0;
  std::vector<StepReport> steps;  // those that ran or were skipped, in their order
};

/// Observations by bucket, as the flow's bounds say.
struct Durations {
  std::vector<std::uint64_t> counts;  // one a bound, not cumulative
  std::uint64_t count = 0;
  double sum = 0;
  struct Last {
    double seconds = 0, at = 0;  // 0: none
    std::string trace_id;
  };
  std::vector<Last> exemplars;  // one a bound
};

/// How a flow did while the system under probe said that it was of this release.
struct ReleaseState {
  std::string release;
  std::uint64_t runs = 0, failures = 0;
  double seconds = 0;  // of its successful runs
  WallTime last_run{};
};
inline constexpr std::size_t kMostReleases = 4;  // of a flow; the one that ran longest ago goes

/// All that is shown of a flow. Counters go on over a reload as long as the flow keeps its name.
struct FlowState {
  std::shared_ptr<const Flow> flow;
  std::string refusal;            // why it is not run at all
  std::optional<bool> supported;  // by its self-test; nothing before the first run, always true without one
  std::uint64_t runs = 0;
  std::array<std::uint64_t, kReasonCount> failures{};
  Durations durations;  // of successful runs
  WallTime last_run{}, last_success{};
  std::chrono::nanoseconds lag{};
  std::uint64_t overruns = 0;
  std::optional<WallTime> next;
  bool running = false;
  std::size_t residue = 0;  // records that were created and, as far as is known, not removed
  int writes_today = 0;
  bool quota_reached = false;  // the last start was left out because of it
  WallTime held_until{};       // logins are held back until then, after refusals
  std::vector<ReleaseState> releases;
  std::deque<std::shared_ptr<const RunReport>> recent;  // the newest first, at most kMostKeptRuns
  std::shared_ptr<const RunReport> last_failed;         // kept when newer runs push it out of `recent`
};

}  // namespace finwatch::workflow
