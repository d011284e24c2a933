#include "workflow/run_once.h"

#include <algorithm>

#include "conf/words.h"
#include "core/text.h"
#include "workflow/run/flow_run.h"
#include "workflow/run/step_run.h"

namespace finwatch::workflow {
namespace {

double milliseconds(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

void say(std::FILE* out, const std::string& text) {
  std::fputs(text.c_str(), out);
  std::fputc('\n', out);
}

std::string in_ms(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", milliseconds(time));
  return text;
}

std::shared_ptr<const Flow> find(const Setup& setup, std::string_view name, std::FILE* out) {
  std::vector<std::string_view> names;
  for (const auto& flow : setup.flows) {
    if (flow->name == name) return flow;
    names.push_back(flow->name);
  }
  std::string all;
  for (const std::string_view each : names) all.append(all.empty() ? "" : ", ").append(each);
  say(out, "no flow is called '" + std::string(name) + "'" + did_you_mean(name, names) +
               (all.empty() ? "; the configuration has none" : "; there are: " + all));
  return nullptr;
}

void show_phases(const StepReport& step, std::FILE* out) {
  std::string text;
  for (int i = 0; i < kPhaseCount; ++i) {
    const auto phase = static_cast<Phase>(i);
    if (step.phases[phase].count() > 0)
      text.append(text.empty() ? "" : ", ").append(to_string(phase)).append(" ").append(in_ms(step.phases[phase]));
  }
  if (!text.empty()) say(out, "      " + text);
}

void show_step(const StepReport& step, std::FILE* out) {
  const std::string mark = step.result == StepResult::ok ? "ok  " : step.result == StepResult::failed ? "FAIL" : "-   ";
  std::string line = "  " + mark + ' ' + std::string(to_string(step.section)) + " / " + step.step->id;
  if (step.result == StepResult::skipped) return say(out, line + ": left out: " + step.message);
  line += "  " + in_ms(step.duration);
  if (step.status > 0) line += "  HTTP " + std::to_string(step.status);
  if (step.attempts > 1) line += "  " + std::to_string(step.attempts) + " attempts";
  say(out, line);
  if (!step.sent.empty()) say(out, "      " + step.sent + (step.remote.empty() ? "" : "  (" + step.remote + ")"));
  show_phases(step, out);
  for (const Exported& number : step.exported) {
    char text[64];
    std::snprintf(text, sizeof text, "%.10g", number.value);
    say(out, "      " + number.what->name + " = " + text);
  }
  if (step.result != StepResult::failed) return;
  say(out, "      " + std::string(to_string(step.reason)) + ": " + step.message);
  if (!step.excerpt.empty()) say(out, "      the answer: " + step.excerpt);
}

int show(const RunReport& report, std::FILE* out) {
  for (const StepReport& step : report.steps) show_step(step, out);
  say(out, "");
  if (report.unsupported) {
    say(out, "not supported here: " + report.message);
    return 1;
  }
  std::string line = report.success ? "succeeded in " : "failed after ";
  line += in_ms(report.duration) + " of steps";
  if (report.created > 0)
    line += "; " + std::to_string(report.created) + " created, " + std::to_string(report.removed) + " removed";
  if (!report.release.empty()) line += "; release " + report.release;
  say(out, line);
  if (!report.success) say(out, "reason: " + std::string(to_string(report.reason)) + ": " + report.message);
  return report.success ? 0 : 1;
}

// --- what would be sent --------------------------------------------------------------------------------------------------------------

void show_named(const std::vector<NamedTemplate>& list, std::string_view sign, Variables& variables, std::FILE* out) {
  for (const NamedTemplate& each : list)
    say(out, "      " + each.name + std::string(sign) + each.text.show(variables, Escape::none));
}

void show_action(const HttpStep& step, Variables& variables, std::FILE* out) {
  say(out, "      " + step.method + ' ' + step.url.show(variables, Escape::none));
  show_named(step.query, " = ", variables, out);
  show_named(step.headers, ": ", variables, out);
  if (step.user) say(out, "      user " + step.user->show(variables, Escape::none));
  if (!step.content_type.empty()) say(out, "      Content-Type: " + step.content_type);
  const Escape escape = step.body == HttpStep::Body::json  ? Escape::json
                        : step.body == HttpStep::Body::xml ? Escape::xml
                                                           : Escape::none;
  if (step.body == HttpStep::Body::form || step.body == HttpStep::Body::multipart)
    show_named(step.fields, " = ", variables, out);
  else if (step.body != HttpStep::Body::none)
    say(out, "      " + step.content.show(variables, escape));
}
void show_action(const SqlStep& step, Variables& variables, std::FILE* out) {
  say(out, "      on " + step.connection + ": " + step.statement.show(variables, Escape::sql));
}
std::string shown(const Remote& remote, std::string_view usual_port, Variables& variables) {
  return remote.host.show(variables, Escape::none) + ':' +
         (remote.port ? remote.port->show(variables, Escape::none) : std::string(usual_port));
}
void show_action(const TcpStep& step, Variables& variables, std::FILE* out) {
  say(out, "      TCP " + shown(step.remote, "", variables) + (step.fixed.tls ? ", TLS at once" : ""));
  for (const TcpStep::Turn& turn : step.talk) {
    if (!turn.expect.empty()) say(out, "      expect " + turn.expect);
    if (turn.send) say(out, "      send " + turn.send->show(variables, Escape::none));
    if (turn.fixed.start_tls) say(out, "      begin TLS");
  }
}
void show_action(const TlsStep& step, Variables& variables, std::FILE* out) {
  say(out, "      TLS " + shown(step.remote, "443", variables));
}
void show_action(const DnsStep& step, Variables& variables, std::FILE* out) {
  const DnsQuestion& question = step.fixed.question;
  say(out, "      DNS " + step.name.show(variables, Escape::none) + ' ' + question.klass + ' ' + question.type + " at " +
               (step.server ? shown(*step.server, "53", variables) : "the system's server") +
               (step.fixed.transport == DnsTransport::tcp ? " over TCP" : ""));
}
void show_action(const IcmpStep& step, Variables& variables, std::FILE* out) {
  say(out, "      ping " + step.host.show(variables, Escape::none) + ", " + std::to_string(step.fixed.payload) + " bytes");
}
void show_action(const WaitStep& step, Variables&, std::FILE* out) { say(out, "      wait " + in_ms(step.length)); }

void show_flow(const Flow& flow, std::FILE* out) {
  say(out, flow.name + "  " + flow.title.zh + " / " + flow.title.en + "  mode: " + std::string(to_string(flow.mode)));
  if (const std::string refusal = flow.refusal(); !refusal.empty()) say(out, "  is not run: " + refusal);
  Variables variables(*flow.scope);
  begin_variables(flow, "RUN-ID", std::string(32, '0'), variables);
  for (const Section section : kSections)
    for (const Step& step : flow.part(section)) {
      say(out, "  " + std::string(to_string(section)) + " / " + step.id + "  " + std::string(to_string(step.effect)) +
                   (step.record.empty() ? "" : ' ' + step.record));
      if (step.when) say(out, "      when " + step.when->show(variables, Escape::none));
      (void)set(step.set, variables);  // what only a run can work out stays as it stands in the file
      std::visit([&](const auto& action) { show_action(action, variables, out); }, step.action);
    }
  say(out, "");
}

}  // namespace

int dry_run(const Setup& setup, std::string_view only, std::FILE* out) {
  if (!only.empty() && only != "all") {
    const auto flow = find(setup, only, out);
    if (!flow) return 1;
    show_flow(*flow, out);
    return 0;
  }
  for (const auto& flow : setup.flows) show_flow(*flow, out);
  say(out, "nothing was sent");
  return 0;
}

int run_once(const Setup& setup, std::string_view name, const Env& env, std::FILE* out) {
  const auto flow = find(setup, name, out);
  if (!flow) return 1;
  if (const std::string refusal = flow->refusal(); !refusal.empty()) {
    say(out, flow->name + " is not run: " + refusal);
    return 1;
  }
  Result<std::unique_ptr<Loop>> loop = Loop::make(*env.clock);
  if (!loop) {
    say(out, loop.error().message);
    return 1;
  }
  std::unique_ptr<Journal> journal;
  if (flow->mode == Mode::write) {
    Result<std::unique_ptr<Journal>> opened = Journal::open(setup.state, setup.almanac.zone, *env.clock);
    if (!opened) {
      say(out, opened.error().message);
      return 1;
    }
    journal = std::move(*opened);
  }
  Resolver resolver(**loop);
  TlsStore tls;
  HttpClient http(**loop, resolver, tls);
  Machines machines{.loop = **loop, .resolver = resolver, .tls = tls, .http = http};
  machines.sql = std::make_shared<SqlPool>(**loop, setup.connections, env);
  machines.journal = journal.get();
  machines.log = env.log;
  Session session{.may_be_kept = false};
  say(out, flow->name + "  " + flow->title.zh + " / " + flow->title.en);
  int status = 1;
  {
    FlowRun run(machines, flow);
    run.start(session, false, [&](const std::shared_ptr<const RunReport>& report) {
      status = show(*report, out);
      (*loop)->stop();
    });
    (*loop)->run();
  }
  if (journal)
    if (const std::size_t left = journal->leftovers(flow->name).size(); left > 0)
      say(out, std::to_string(left) + " records may be left behind; the next run looks for them");
  return status;
}

}  // namespace finwatch::workflow
