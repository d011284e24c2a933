// /flows for tools: the facts of the page, times in seconds. The steps of runs come with ?flow= only.
#include <algorithm>

#include "core/json_text.h"
#include "workflow/page/flow_page.h"

namespace finwatch::workflow {
namespace {

using std::chrono::nanoseconds;

constexpr int kMicroseconds = 6;  // decimals

std::string seconds(nanoseconds time) { return json_number(std::chrono::duration<double>(time).count(), kMicroseconds); }
/// null for the epoch: never.
std::string moment(WallTime time) { return time == WallTime{} ? "null" : json_number(to_seconds(time)); }
std::string number(std::size_t value) { return std::to_string(value); }

std::string words(const Words& words) {
  return JsonMembers('{').add("zh", json_text(words.zh)).add("en", json_text(words.en)).end();
}

std::string tls(const StepReport& step, WallTime started) {
  if (!step.tls) return "null";
  return JsonMembers('{')
      .add("version", step.tls->complete ? json_text(to_string(step.tls->version)) : "null")
      .add("cipher", json_text(step.tls->cipher))
      .add("verified", json_truth(step.tls->verified))
      .add("verify_text", json_text(step.tls->verify_text))
      .add("certificate_days_left", step.tls->not_after == WallTime{} ? "null" : json_number(step.tls->days_left(started), 2))
      .end();
}

std::string step_json(const StepReport& step, WallTime started) {
  JsonMembers phases('{');
  for (int i = 0; i < kPhaseCount; ++i)
    phases.add(to_string(static_cast<Phase>(i)), seconds(step.phases[static_cast<Phase>(i)]));
  JsonMembers exported('{');
  for (const Exported& each : step.exported) exported.add(each.what->name, json_number(each.value, kMicroseconds));
  JsonMembers extracts('[');
  for (const Extraction& each : step.step->extract) extracts.add(json_text(each.name));
  const bool failed = step.result == StepResult::failed;
  return JsonMembers('{')
      .add("step", json_text(step.step->id))
      .add("part", json_text(to_string(step.section)))
      .add("effect", json_text(to_string(step.step->effect)))
      .add("result", json_text(to_string(step.result)))
      .add("reason", failed ? json_text(to_string(step.reason)) : "null")
      .add("message", json_text(step.message))
      .add("begun_seconds", seconds(step.begun))
      .add("duration_seconds", seconds(step.duration))
      .add("attempts", std::to_string(step.attempts))
      .add("last_attempt_begun_seconds", seconds(std::max(step.begun, step.attempt_begun)))
      .add("phases", phases.end())
      .add("sent", json_text(step.sent))
      .add("http_status", step.status > 0 ? std::to_string(step.status) : "null")
      .add("http_version", json_text(step.version))
      .add("remote", json_text(step.remote))
      .add("tls", tls(step, started))
      .add("exported", exported.end())
      .add("extracts", extracts.end())
      .add("answer", json_text(step.excerpt))
      .end();
}

std::string run_json(const RunReport& run, bool with_steps) {
  const bool failed = !run.success && !run.unsupported;
  JsonMembers members('{');
  members.add("run", json_text(run.run_id))
      .add("trace_id", json_text(run.trace_id))
      .add("started", moment(run.started))
      .add("duration_seconds", run.unsupported ? "null" : seconds(run.duration))
      .add("result", json_text(run.unsupported ? "other_product"
                               : run.success   ? "ok"
                                               : "failed"))
      .add("reason", failed ? json_text(to_string(run.reason)) : "null")
      .add("message", json_text(run.message))
      .add("release", json_text(run.release))
      .add("session_reused", json_truth(run.session_reused))
      .add("created", std::to_string(run.created))
      .add("removed", std::to_string(run.removed));
  if (!with_steps) return members.end();
  JsonMembers steps('[');
  for (const StepReport& step : run.steps) steps.add('\n' + step_json(step, run.started));
  return members.add("steps", steps.end()).end();
}

std::string flow_json(const FlowPage& page, const FlowView& view) {
  const Flow& flow = *view.flow;
  const Standing standing = standing_of(view);
  const FailingSince since = standing == Standing::failing ? failing_since(view) : FailingSince{};
  JsonMembers members('{');
  members.add("flow", json_text(flow.name))
      .add("title", words(flow.title))
      .add("mode", json_text(to_string(flow.mode)))
      .add("state", json_text(to_string(standing)))
      .add("failing_since", moment(since.when))
      .add("or_earlier", json_truth(since.or_earlier))
      .add("refusal", json_text(view.refusal))
      .add("running", json_truth(view.running))
      .add("held_until", view.held_until > page.now ? moment(view.held_until) : "null")
      .add("quota_reached", json_truth(view.quota_reached))
      .add("last_success", moment(view.last_success))
      .add("next", view.next ? moment(*view.next) : "null")
      .add("objective_seconds", flow.target_seconds > 0 ? json_number(flow.target_seconds) : "null");
  members.add("writes_today", view.writes() ? std::to_string(view.writes_today) : "null")
      .add("writes_per_day", view.writes() ? std::to_string(flow.grant.writes_per_day) : "null")
      .add("residue", view.writes() ? number(view.residue) : "null");
  if (!page.of_one()) return members.add("last", view.runs.empty() ? "null" : run_json(*view.runs.front(), false)).end();
  JsonMembers runs('[');
  for (const auto& run : view.runs)
    if (page.asked.run.empty() || run == page.shown) runs.add('\n' + run_json(*run, true));
  if (view.older_failure && (page.asked.run.empty() || view.older_failure == page.shown))
    runs.add('\n' + run_json(*view.older_failure, true));
  return members.add("runs", runs.end()).end();
}

std::string check_json(const CheckState& state) {
  const Check& check = *state.check;
  JsonMembers rows('[');
  for (const CheckRow& row : state.rows) {
    JsonMembers values('{');
    for (std::size_t i = 0; i < std::min(check.values.size(), row.values.size()); ++i)
      values.add(check.values[i].column, row.values[i] ? json_number(*row.values[i], kMicroseconds) : "null");
    rows.add(JsonMembers('{').add("item", json_text(row.item)).add("values", values.end()).end());
  }
  return JsonMembers('{')
      .add("check", json_text(check.id))
      .add("title", words(check.title))
      .add("text", words(check.text))
      .add("success", state.success ? json_truth(*state.success) : "null")
      .add("message", json_text(state.message))
      .add("last_run", moment(state.last_run))
      .add("last_success", moment(state.last_success))
      .add("next", moment(state.next))
      .add("duration_seconds", seconds(state.duration))
      .add("rows", rows.end())
      .add("cut_rows", number(state.cut_rows))
      .end();
}

std::string book_json(const BookState& state) {
  JsonMembers missing('[');
  for (const std::string& table : state.missing) missing.add(json_text(table));
  JsonMembers checks('[');
  for (const CheckState& check : state.checks) checks.add('\n' + check_json(check));
  return JsonMembers('{')
      .add("book", json_text(state.book->name))
      .add("product", json_text(state.book->product))
      .add("supported", state.supported ? json_truth(*state.supported) : "null")
      .add("missing", missing.end())
      .add("checks", checks.end())
      .end();
}

}  // namespace

std::string flow_page_json(const FlowPage& page) {
  JsonMembers flows('[');
  for (const FlowView& view : page.flows) flows.add('\n' + flow_json(page, view));
  JsonMembers all('{');
  all.add("now", moment(page.now)).add("flows", flows.end());
  if (!page.of_one()) {
    JsonMembers books('[');
    for (const BookState& book : page.books) books.add('\n' + book_json(book));
    all.add("books", books.end());
  }
  return all.end() + '\n';
}

}  // namespace finwatch::workflow
