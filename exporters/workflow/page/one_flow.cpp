// One flow: its facts, its recent runs, and one of them step by step.
#include "workflow/page/paper.h"

namespace finwatch::workflow {
namespace {

constexpr Phrase kName{"名称", "name"};
constexpr Phrase kMode{"模式", "mode"};
constexpr Phrase kWhere{"定义于", "defined in"};
constexpr Phrase kLastSuccess{"最近成功", "last success"};
constexpr Phrase kNextRun{"下次运行", "next run"};
constexpr Phrase kObjective{"耗时目标", "objective"};
constexpr Phrase kWrites{"今日写入", "writes today"};
constexpr Phrase kResidue{"残留", "residue"};
constexpr Phrase kRuns{"最近的运行", "Recent runs"};
constexpr Phrase kNever{"尚未运行。", "It has not run yet."};
constexpr Phrase kGone{"运行 % 已不再保留：每个流程保留最近十次运行和最近一次失败。",
                       "Run % is not kept any more: of each flow the last ten runs and the last failure are."};
constexpr Phrase kOk{"成功", "ok"};
constexpr Phrase kFailed{"失败", "failed"};
constexpr Phrase kOther{"非本产品", "not this product"};
constexpr Phrase kBegan{"开始", "began"};
constexpr Phrase kResult{"结果", "result"};
constexpr Phrase kDuration{"业务步骤耗时", "duration of steps"};
constexpr Phrase kRun{"运行编号", "run"};
constexpr Phrase kReason{"原因", "reason"};
constexpr Phrase kTrace{"跟踪编号", "trace id"};
constexpr Phrase kRelease{"版本", "release"};
constexpr Phrase kMade{"新建 / 删除", "created / removed"};
constexpr Phrase kReused{"沿用已有会话，未重新登录", "a kept session served, without a login"};

void fact(Paper& paper, const Phrase& name, const std::string& html) {
  if (!html.empty()) paper += "<span class=\"fact\">" + Paper::quiet(paper.say(name)) + ' ' + html + "</span>";
}

std::string result_of(const Paper& paper, const RunReport& run) {
  if (run.unsupported) return Paper::tag("calm", paper.say(kOther));
  return run.success ? Paper::tag("good", paper.say(kOk)) : Paper::tag("", paper.say(kFailed));
}

void write_facts(Paper& paper, const FlowView& view) {
  const Flow& flow = *view.flow;
  paper += "<p>";
  fact(paper, kName, "<code>" + as_text(flow.name) + "</code>");
  fact(paper, kMode, paper.say(phrase_of(flow.mode)));
  if (view.last_success != WallTime{}) fact(paper, kLastSuccess, paper.when(view.last_success));
  if (view.next) fact(paper, kNextRun, paper.when(*view.next));
  if (flow.target_seconds > 0)
    fact(paper, kObjective,
         took(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(flow.target_seconds))));
  if (view.writes()) {
    fact(paper, kWrites, std::to_string(view.writes_today) + " / " + std::to_string(flow.grant.writes_per_day));
    fact(paper, kResidue, view.residue > 0 ? "<span class=\"bad\">" + std::to_string(view.residue) + "</span>" : "0");
  }
  fact(paper, kWhere, "<code>" + as_text(flow.where.text()) + "</code>");
  paper += "</p>\n";
}

void write_run_row(Paper& paper, const FlowPage& page, const RunReport& run) {
  const bool shown = page.shown.get() == &run;
  paper += std::string("<tr><td class=\"n\">") + (shown ? "<b>▸ " : "") + "<a " + paper.href(page.asked.flow, run.run_id) +
           "><code>" + as_text(run.run_id) + "</code></a>" + (shown ? "</b>" : "") + "</td><td class=\"n\">" +
           paper.when(run.started) + "</td><td>" + result_of(paper, run) + "</td><td class=\"n\">" +
           (run.unsupported ? "–" : took(run.duration)) + "</td><td class=\"n\">";
  if (!run.success && !run.unsupported) paper += paper.say(run.reason);
  paper += "</td></tr>\n";
}

void write_runs(Paper& paper, const FlowPage& page) {
  const FlowView& view = page.flows.front();
  paper += "<h2>" + paper.say(kRuns) + "</h2>\n";
  if (view.runs.empty()) {
    paper += "<p>" + paper.say(kNever) + "</p>\n";
    return;
  }
  paper += "<div class=\"wide\"><table>\n<tr>";
  for (const Phrase& head : {kRun, kBegan, kResult, kDuration, kReason}) paper += "<th>" + paper.say(head) + "</th>";
  paper += "</tr>\n";
  for (const auto& run : view.runs) write_run_row(paper, page, *run);
  if (view.older_failure) write_run_row(paper, page, *view.older_failure);
  paper += "</table></div>\n";
}

void write_run(Paper& paper, const RunReport& run) {
  paper += "<h2 id=\"run\"><code>" + as_text(run.run_id) + "</code> " + result_of(paper, run) +
           (run.success || run.unsupported ? std::string() : " <small>" + paper.say(run.reason) + "</small>") + "</h2>\n<p>";
  fact(paper, kBegan, paper.time(run.started));
  if (!run.unsupported) fact(paper, kDuration, took(run.duration));
  fact(paper, kTrace, "<code>" + as_text(run.trace_id) + "</code>");
  fact(paper, kRelease, as_text(run.release));
  if (run.created > 0 || run.removed > 0) fact(paper, kMade, std::to_string(run.created) + " / " + std::to_string(run.removed));
  if (run.session_reused) paper += Paper::quiet(paper.say(kReused));
  paper += "</p>\n";
  write_waterfall(paper, run);
}

}  // namespace

void write_flow(Paper& paper, const FlowPage& page) {
  const FlowView& view = page.flows.front();
  paper += "<p>";
  write_standing(paper, view, page.now);
  paper += "</p>\n";
  write_facts(paper, view);
  write_runs(paper, page);
  if (page.shown)
    write_run(paper, *page.shown);
  else if (!page.asked.run.empty())
    paper += "<p>" + paper.say(kGone, as_text(page.asked.run)) + "</p>\n";
}

}  // namespace finwatch::workflow
