#include "workflow/page/flow_page.h"

#include <algorithm>

namespace finwatch::workflow {
namespace {

FlowView view_of(const FlowState& state) {
  FlowView view{.flow = state.flow,
                .refusal = state.refusal,
                .last_success = state.last_success,
                .next = state.refusal.empty() ? state.next : std::nullopt,
                .running = state.running,
                .quota_reached = state.quota_reached,
                .held_until = state.held_until,
                .residue = state.residue,
                .writes_today = state.writes_today,
                .runs = {state.recent.begin(), state.recent.end()},
                .older_failure = {}};
  if (std::find(view.runs.begin(), view.runs.end(), state.last_failed) == view.runs.end())
    view.older_failure = state.last_failed;
  return view;
}

std::shared_ptr<const RunReport> find_run(const FlowView& view, const std::string& run_id) {
  if (run_id.empty()) return view.runs.empty() ? nullptr : view.runs.front();
  for (const auto& run : view.runs)
    if (run->run_id == run_id) return run;
  return view.older_failure && view.older_failure->run_id == run_id ? view.older_failure : nullptr;
}

}  // namespace

Standing standing_of(const FlowView& view) {
  if (!view.refusal.empty()) return Standing::refused;
  if (view.runs.empty()) return Standing::never_run;
  const RunReport& last = *view.runs.front();
  if (last.unsupported) return Standing::other_product;
  return last.success ? Standing::good : Standing::failing;
}

FailingSince failing_since(const FlowView& view) {
  FailingSince since;
  for (const auto& run : view.runs) {
    if (run->success || run->unsupported) return since;
    since.when = run->started;
  }
  since.or_earlier = view.runs.size() >= kMostKeptRuns;
  return since;
}

FlowPage see_flows(const FlowBoard& board, const CheckBoard& checks, FlowQuestion asked, const Zone& zone, WallTime now) {
  FlowPage page{.asked = std::move(asked), .flows = {}, .books = {}, .shown = {}, .zone = zone, .now = now};
  board.read([&](const std::vector<FlowState>& states) {
    for (const FlowState& state : states)
      if (!page.of_one() || state.flow->name == page.asked.flow) page.flows.push_back(view_of(state));
  });
  if (!page.of_one()) checks.read([&](const std::vector<BookState>& books) { page.books = books; });
  if (page.of_one() && !page.flows.empty()) page.shown = find_run(page.flows.front(), page.asked.run);
  return page;
}

}  // namespace finwatch::workflow
