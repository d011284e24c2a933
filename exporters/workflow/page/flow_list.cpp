// All flows, one row each, what needs somebody first.
#include <algorithm>
#include <array>

#include "workflow/page/paper.h"

namespace finwatch::workflow {
namespace {

constexpr Phrase kFlow{"流程", "flow"};
constexpr Phrase kState{"状态", "state"};
constexpr Phrase kLastRun{"最近运行", "last run"};
constexpr Phrase kDuration{"耗时", "duration"};
constexpr Phrase kLastRuns{"近十次", "last ten"};
constexpr Phrase kNextRun{"下次运行", "next run"};
constexpr Phrase kWrites{"今日写入", "writes today"};
constexpr Phrase kResidue{"残留", "residue"};
constexpr Phrase kNoFlows{"配置中没有流程。", "The configuration has no flows."};
constexpr Phrase kSince{"自 % 起", "since %"};
constexpr Phrase kSinceBefore{"自 % 或更早", "since % or earlier"};
constexpr Phrase kRunning{"运行中", "running"};
constexpr Phrase kHeldTag{"暂缓", "held back"};
constexpr Phrase kHeldWhy{"登录被拒，暂缓至 % 后再登录", "a login was refused: no login before %"};
constexpr Phrase kQuota{"今日写入次数已用完", "the writes of today are used up"};
constexpr Phrase kSlower{"超过目标 %", "objective: %"};

constexpr Phrase kHeader[] = {kFlow, kState, kLastRun, kDuration, kLastRuns, kNextRun, kWrites, kResidue};

std::string_view kind_of(Standing standing) {
  switch (standing) {
    case Standing::good: return "good";
    case Standing::failing: return "";
    case Standing::refused: return "warn";
    case Standing::other_product:
    case Standing::never_run: break;
  }
  return "calm";
}

void write_summary(Paper& paper, const FlowPage& page) {
  std::array<std::size_t, kStandings> counts{};
  for (const FlowView& view : page.flows) ++counts[static_cast<std::size_t>(standing_of(view))];
  paper += "<p>";
  for (std::size_t i = 0; i < kStandings; ++i) {
    const auto standing = static_cast<Standing>(i);
    if (counts[i] > 0)
      paper += Paper::tag(kind_of(standing), std::to_string(counts[i]) + ' ' + paper.say(phrase_of(standing))) + ' ';
  }
  paper += "</p>\n";
}

// Oldest on the left, as one reads.
void write_last_runs(Paper& paper, const FlowView& view) {
  for (auto run = view.runs.rbegin(); run != view.runs.rend(); ++run)
    paper += (*run)->unsupported ? "<i class=\"u\"></i>" : (*run)->success ? "<i></i>" : "<i class=\"f\"></i>";
}

std::string duration_of(const Paper& paper, const FlowView& view) {
  const RunReport& last = *view.runs.front();
  const double target = view.flow->target_seconds;
  if (!last.success || target <= 0 || std::chrono::duration<double>(last.duration).count() <= target)
    return took(last.duration);
  const auto objective = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(target));
  return "<span class=\"late\">" + took(last.duration) + "<br>" + paper.say(kSlower, took(objective)) + "</span>";
}

void write_row(Paper& paper, const FlowView& view, WallTime now) {
  const Flow& flow = *view.flow;
  paper += "<tr><td><a " + paper.href(flow.name) + ">" + paper.say(flow.title) + "</a><br><code>" + as_text(flow.name) +
           "</code> <small class=\"quiet unbroken\">" + paper.say(phrase_of(flow.mode)) + "</small></td><td>";
  write_standing(paper, view, now);
  paper += "</td><td>" + (view.runs.empty() ? "–" : paper.when(view.runs.front()->started)) + "</td><td class=\"n\">" +
           (view.runs.empty() || view.runs.front()->unsupported ? "–" : duration_of(paper, view)) + "</td><td class=\"last\">";
  write_last_runs(paper, view);
  paper += "</td><td>" + (view.next ? paper.when(*view.next) : "–") + "</td><td class=\"n\">";
  paper += view.writes() ? std::to_string(view.writes_today) + " / " + std::to_string(flow.grant.writes_per_day) : "–";
  paper += std::string("</td><td class=\"n") + (view.residue > 0 ? " bad" : "") + "\">" +
           (view.writes() ? std::to_string(view.residue) : "–") + "</td></tr>\n";
}

}  // namespace

void write_standing(Paper& paper, const FlowView& view, WallTime now) {
  const Standing standing = standing_of(view);
  paper += Paper::tag(kind_of(standing), paper.say(phrase_of(standing)));
  if (standing == Standing::failing) {
    const FailingSince since = failing_since(view);
    paper +=
        ' ' + paper.say(since.or_earlier ? kSinceBefore : kSince, paper.clock(since.when)) + ' ' + paper.distance(since.when);
  }
  if (view.running) paper += ' ' + Paper::tag("calm", paper.say(kRunning));
  const bool held = view.held_until > now;
  if (held || view.quota_reached) paper += ' ' + Paper::tag("warn", paper.say(kHeldTag));
  if (!view.refusal.empty()) paper += "<br>" + as_text(view.refusal);
  if (standing == Standing::failing) paper += "<br>" + paper.say(view.runs.front()->reason);
  if (standing == Standing::failing || standing == Standing::other_product)
    paper += "<br>" + as_text(view.runs.front()->message);
  if (held) paper += "<br>" + paper.say(kHeldWhy, paper.time(view.held_until));
  if (view.quota_reached) paper += "<br>" + paper.say(kQuota);
}

void write_list(Paper& paper, const FlowPage& page) {
  if (page.flows.empty()) {
    paper += "<p>" + paper.say(kNoFlows) + "</p>\n";
    return;
  }
  write_summary(paper, page);
  std::vector<const FlowView*> order;
  for (const FlowView& view : page.flows) order.push_back(&view);
  std::stable_sort(order.begin(), order.end(),
                   [](const FlowView* one, const FlowView* other) { return standing_of(*one) < standing_of(*other); });
  paper += "<div class=\"wide\"><table>\n<tr>";
  for (const Phrase& head : kHeader) paper += "<th>" + paper.say(head) + "</th>";
  paper += "</tr>\n";
  for (const FlowView* view : order) write_row(paper, *view, page.now);
  paper += "</table></div>\n";
}

}  // namespace finwatch::workflow
