// The page /flows: how each flow does, the last runs of one as a waterfall of steps, and what the integrity checks last found.
//
//   const FlowPage page = see_flows(boards.flows, boards.checks, {.flow = "voucher_entry", .run = {}}, zone, now);
//   reply.send(page_answer(page.found() ? 200 : 404, asked, asked.json ? flow_page_json(page) : flow_page_html(page, asked)));
//
// It shows what stands on the boards, which is masked and bounded already, and asks no system under probe.
#pragma once

#include <string>
#include <vector>

#include "conf/zone.h"
#include "web/page.h"
#include "workflow/check/board.h"
#include "workflow/run/board.h"

namespace finwatch::workflow {

/// A flow as it stood on the board. The reports are shared with it.
struct FlowView {
  std::shared_ptr<const Flow> flow;
  std::string refusal;
  WallTime last_success{};
  std::optional<WallTime> next;
  bool running = false;
  bool quota_reached = false;
  WallTime held_until{};
  std::size_t residue = 0;
  int writes_today = 0;
  std::vector<std::shared_ptr<const RunReport>> runs;  // the newest first
  std::shared_ptr<const RunReport> older_failure;      // when it is not among them any more

  bool writes() const { return flow->mode == Mode::write; }
};

/// The state of a flow in one word, the most urgent first.
enum class Standing : unsigned char { failing, refused, other_product, never_run, good };
inline constexpr std::size_t kStandings = 5;
constexpr std::string_view to_string(Standing standing) {
  constexpr std::string_view kNames[kStandings] = {"failing", "refused", "other_product", "never_run", "good"};
  return kNames[static_cast<unsigned char>(standing)];
}
Standing standing_of(const FlowView& view);

/// The first of the failures without a success between them, as far back as runs are kept.
struct FailingSince {
  WallTime when{};
  bool or_earlier = false;
};
FailingSince failing_since(const FlowView& view);

struct FlowQuestion {
  std::string flow;  // all when it is empty
  std::string run;   // the last when it is empty
};

struct FlowPage {
  FlowQuestion asked;
  std::vector<FlowView> flows;             // the one that was asked for, or all in the order of the configuration
  std::vector<BookState> books;            // with all flows
  std::shared_ptr<const RunReport> shown;  // of the one flow
  Zone zone;
  WallTime now{};

  /// One flow, not the list.
  bool of_one() const { return !asked.flow.empty(); }
  bool found() const { return !of_one() || (!flows.empty() && (asked.run.empty() || shown)); }
};

FlowPage see_flows(const FlowBoard& board, const CheckBoard& checks, FlowQuestion asked, const Zone& zone, WallTime now);
std::string flow_page_html(const FlowPage& page, const PageRequest& asked);
std::string flow_page_json(const FlowPage& page);

}  // namespace finwatch::workflow
