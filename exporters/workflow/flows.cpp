#include <algorithm>
#include <string>
#include <vector>

#include "workflow/collector.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kSuccess{MetricType::gauge, "finwatch_flow_success", "Whether the last run of the flow succeeded.",
                              "flow"};
constexpr MetricDesc kDuration{
    MetricType::histogram, "finwatch_flow_duration_seconds",
    "What a person would have waited in the steps of successful runs, without login and clean-up, in seconds.", "flow"};
constexpr MetricDesc kLastDuration{MetricType::gauge, "finwatch_flow_last_duration_seconds",
                                   "The same of the last run, successful or not, in seconds.", "flow"};
constexpr MetricDesc kBudget{MetricType::gauge, "finwatch_flow_slo_seconds",
                             "The duration that the flow's objective allows, in seconds; also a bucket of the histogram.",
                             "flow"};
constexpr MetricDesc kRuns{MetricType::counter, "finwatch_flow_runs_total", "Runs that ended.", "flow"};
constexpr MetricDesc kFailures{MetricType::counter, "finwatch_flow_failures_total",
                               "Runs that failed, by the reason of their first failure.", "flow", "reason"};
constexpr MetricDesc kReason{MetricType::gauge, "finwatch_flow_failure_reason",
                             "1 for the reason of the last run when it failed.", "flow", "reason"};
constexpr MetricDesc kLastRun{MetricType::gauge, "finwatch_flow_last_run_timestamp_seconds", "When the last run began.",
                              "flow"};
constexpr MetricDesc kLastSuccess{MetricType::gauge, "finwatch_flow_last_success_timestamp_seconds",
                                  "When the last run that succeeded began.", "flow"};
constexpr MetricDesc kNextRun{MetricType::gauge, "finwatch_flow_next_run_timestamp_seconds",
                              "When the next run is planned; none outside the flow's windows of the next two years.", "flow"};
constexpr MetricDesc kRunning{MetricType::gauge, "finwatch_flow_running", "Whether a run is on.", "flow"};
constexpr MetricDesc kLag{MetricType::gauge, "finwatch_flow_schedule_lag_seconds",
                          "How much later than planned the last run began, in seconds.", "flow"};
constexpr MetricDesc kOverruns{MetricType::counter, "finwatch_flow_overruns_total",
                               "Planned starts that passed while the run before was still on.", "flow"};
constexpr MetricDesc kSupported{MetricType::gauge, "finwatch_flow_supported",
                                "0 when the flow's self-test found another product; no sample before the first run.", "flow"};
constexpr MetricDesc kRefused{MetricType::gauge, "finwatch_flow_refused",
                              "1 when the configuration does not grant what the flow needs, so that it never runs; the page "
                              "/flows says what.",
                              "flow"};
constexpr MetricDesc kHeld{MetricType::gauge, "finwatch_flow_held",
                           "1 while starts are left out: after a refused login, or when the writes of the day are used up.",
                           "flow", "why"};
constexpr MetricDesc kInfo{
    MetricType::info, "finwatch_flow_info", "What the flow is called and may do.", "flow", "title_zh", "title_en", "mode"};
constexpr MetricDesc kReleaseRuns{MetricType::counter, "finwatch_flow_release_runs_total",
                                  "Runs by the release that the system under probe said it was.", "flow", "release"};
constexpr MetricDesc kReleaseFailures{MetricType::counter, "finwatch_flow_release_failures_total",
                                      "Failed runs by that release.", "flow", "release"};
constexpr MetricDesc kReleaseSeconds{MetricType::counter, "finwatch_flow_release_duration_seconds_total",
                                     "Time in the steps of successful runs by that release, in seconds.", "flow", "release"};

const std::vector<MetricRef> kMetrics = {kSuccess,  kDuration, kLastDuration, kBudget,          kRuns,
                                         kFailures, kReason,   kLastRun,      kLastSuccess,     kNextRun,
                                         kRunning,  kLag,      kOverruns,     kSupported,       kRefused,
                                         kHeld,     kInfo,     kReleaseRuns,  kReleaseFailures, kReleaseSeconds};

using Flows = std::vector<FlowState>;

bool has_run(const FlowState& state) { return !state.recent.empty(); }
const RunReport& last(const FlowState& state) { return *state.recent.front(); }

void write_durations(const Flows& flows, MetricSink& sink) {
  std::vector<HistogramBucket> buckets;
  std::vector<Exemplar> exemplars;
  each_flow(sink, flows, kDuration, [&](auto& family, const FlowState& state, const std::string& name) {
    const Durations& seen = state.durations;
    buckets.clear();
    exemplars.clear();
    exemplars.reserve(seen.exemplars.size());  // the buckets point into it
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < state.flow->buckets.size(); ++i) {
      const Exemplar* exemplar = nullptr;
      if (i < seen.counts.size()) {
        below += seen.counts[i];
        const Durations::Last& best = seen.exemplars[i];
        if (best.at > 0) exemplar = &exemplars.emplace_back(Exemplar{"trace_id", best.trace_id, best.seconds, best.at});
      }
      buckets.push_back({state.flow->buckets[i], below, exemplar});
    }
    family.add_histogram({buckets, seen.count, seen.sum}, name);
  });
}

void write_results(const Flows& flows, MetricSink& sink) {
  each_flow(sink, flows, kSuccess, [](auto& family, const FlowState& state, const std::string& name) {
    if (has_run(state) && !last(state).unsupported) family.add(last(state).success, name);
  });
  each_flow(sink, flows, kLastDuration, [](auto& family, const FlowState& state, const std::string& name) {
    if (has_run(state) && !last(state).unsupported)
      family.add(std::chrono::duration<double>(last(state).duration).count(), name);
  });
  each_flow(sink, flows, kRuns,
            [](auto& family, const FlowState& state, const std::string& name) { family.add(state.runs, name); });
  each_flow(sink, flows, kFailures, [](auto& family, const FlowState& state, const std::string& name) {
    for (std::size_t i = 0; i < kReasonCount; ++i)
      if (state.failures[i] > 0) family.add(state.failures[i], name, kReasonNames[i]);
  });
  each_flow(sink, flows, kReason, [](auto& family, const FlowState& state, const std::string& name) {
    if (has_run(state) && !last(state).success && !last(state).unsupported) family.add(1, name, to_string(last(state).reason));
  });
}

void write_times(const Flows& flows, MetricSink& sink) {
  each_flow(sink, flows, kLastRun, [](auto& family, const FlowState& state, const std::string& name) {
    if (has_run(state)) family.add(to_seconds(state.last_run), name);
  });
  each_flow(sink, flows, kLastSuccess, [](auto& family, const FlowState& state, const std::string& name) {
    if (state.last_success != WallTime{}) family.add(to_seconds(state.last_success), name);
  });
  each_flow(sink, flows, kNextRun, [](auto& family, const FlowState& state, const std::string& name) {
    if (state.next && state.refusal.empty()) family.add(to_seconds(*state.next), name);
  });
  each_flow(sink, flows, kRunning,
            [](auto& family, const FlowState& state, const std::string& name) { family.add(state.running, name); });
  each_flow(sink, flows, kLag, [](auto& family, const FlowState& state, const std::string& name) {
    if (has_run(state)) family.add(std::chrono::duration<double>(state.lag).count(), name);
  });
  each_flow(sink, flows, kOverruns,
            [](auto& family, const FlowState& state, const std::string& name) { family.add(state.overruns, name); });
}

void write_standing(const Flows& flows, WallTime now, MetricSink& sink) {
  each_flow(sink, flows, kBudget, [](auto& family, const FlowState& state, const std::string& name) {
    if (state.flow->target_seconds > 0) family.add(state.flow->target_seconds, name);
  });
  each_flow(sink, flows, kSupported, [](auto& family, const FlowState& state, const std::string& name) {
    if (state.supported) family.add(*state.supported, name);
  });
  each_flow(sink, flows, kRefused,
            [](auto& family, const FlowState& state, const std::string& name) { family.add(!state.refusal.empty(), name); });
  each_flow(sink, flows, kHeld, [&](auto& family, const FlowState& state, const std::string& name) {
    family.add(state.held_until > now, name, "authentication");
    if (state.flow->grant.writes_per_day > 0) family.add(state.quota_reached, name, "quota");
  });
  each_flow(sink, flows, kInfo, [](auto& family, const FlowState& state, const std::string& name) {
    const Flow& flow = *state.flow;
    family.add(1, name, flow.title.zh, flow.title.en, to_string(flow.mode));
  });
}

void write_releases(const Flows& flows, MetricSink& sink) {
  const auto one = [&](const auto& desc, auto&& number) {
    each_flow(sink, flows, desc, [&](auto& family, const FlowState& state, const std::string& name) {
      for (const ReleaseState& release : state.releases) family.add(number(release), name, release.release);
    });
  };
  one(kReleaseRuns, [](const ReleaseState& release) { return release.runs; });
  one(kReleaseFailures, [](const ReleaseState& release) { return release.failures; });
  one(kReleaseSeconds, [](const ReleaseState& release) { return release.seconds; });
}

void write(const Seen& seen, MetricSink& sink) {
  seen.flows.read([&](const Flows& flows) {
    write_results(flows, sink);
    write_durations(flows, sink);
    write_times(flows, sink);
    write_standing(flows, seen.now, sink);
    write_releases(flows, sink);
  });
}

}  // namespace

extern const WorkflowCollector flows_collector{
    .info = {.name = "flows",
             .summary = "Success, duration, failures by reason and schedule of each flow, from its own runs.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::workflow
