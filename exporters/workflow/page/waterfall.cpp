// A run as a waterfall: a line a step, its bar where it stood in time, the phases of its last attempt inside the bar.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "workflow/page/paper.h"

namespace finwatch::workflow {
namespace {

using std::chrono::nanoseconds;

constexpr Phrase kEarlier{"此前的尝试", "earlier attempts"};
constexpr Phrase kOther{"其他", "other"};
constexpr Phrase kLeftOut{"跳过：", "left out: "};
constexpr Phrase kAttempts{"共尝试 % 次", "% attempts"};
constexpr Phrase kBody{"对方的应答", "what the answer said"};
constexpr Phrase kDetails{"详情", "details"};
constexpr Phrase kExpects{"检查：", "looks at: "};
constexpr Phrase kExtracts{"取出：", "takes out: "};
constexpr Phrase kExports{"数值：", "shows: "};
constexpr Phrase kPhases{"各阶段：", "phases: "};
constexpr Phrase kDaysLeft{"证书剩余 % 天", "certificate good for % days"};
constexpr Phrase kCertificate{"证书：", "certificate: "};
constexpr int kMostTicks = 6;

// Where something stands on the axis, in percent.
std::string percent(nanoseconds part, nanoseconds whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f%%",
                std::clamp(100.0 * static_cast<double>(part.count()) / static_cast<double>(whole.count()), 0.0, 100.0));
  return text;
}

nanoseconds axis_of(const RunReport& run) {
  nanoseconds end{1};
  for (const StepReport& step : run.steps) end = std::max(end, step.begun + step.duration);
  return end;
}

// 1, 2 or 5 of a power of ten: what cuts the axis into a few parts.
nanoseconds tick_of(nanoseconds axis) {
  const double least = static_cast<double>(axis.count()) / kMostTicks;
  const double power = std::pow(10, std::floor(std::log10(std::max(least, 1.0))));
  for (const double times : {1.0, 2.0, 5.0})
    if (times * power >= least) return nanoseconds(static_cast<std::int64_t>(times * power));
  return nanoseconds(static_cast<std::int64_t>(10 * power));
}

class Waterfall {
 public:
  Waterfall(Paper& paper, const RunReport& run) : paper_(paper), run_(run), axis_(axis_of(run)), tick_(tick_of(axis_)) {}

  void write() {
    write_legend();
    write_axis();
    const Section* before = nullptr;
    for (const StepReport& step : run_.steps) {
      if (before == nullptr || *before != step.section)
        paper_ += "<div class=\"part\">" + paper_.say(phrase_of(step.section)) + "</div>\n";
      before = &step.section;
      write_row(step);
    }
  }

 private:
  void write_legend() {
    const auto one = [&](std::string_view kind, const Phrase& phrase) {
      paper_ += "<span class=\"unbroken\"><i class=\"" + std::string(kind) + "\"></i>" + paper_.say(phrase) + "</span> ";
    };
    paper_ += "<p class=\"legend\">";
    for (int i = 0; i < kPhaseCount; ++i) one(to_string(static_cast<Phase>(i)), phrase_of(static_cast<Phase>(i)));
    one("again", kEarlier);
    one("step", kOther);
    paper_ += "</p>\n";
  }
  void write_axis() {
    paper_ += "<div class=\"axis\"><span></span><div class=\"ticks\">";
    for (nanoseconds at{}; at < axis_; at += tick_)
      paper_ += "<span style=\"left:" + percent(at, axis_) + "\">" + took(at) + "</span>";
    paper_ += "</div><span></span></div>\n";
  }

  void write_row(const StepReport& step) {
    const std::string mark = step.result == StepResult::ok ? "✓" : step.result == StepResult::failed ? "✗" : "–";
    const bool failed = step.result == StepResult::failed;
    const bool skipped = step.result == StepResult::skipped;
    paper_ += std::string("<div class=\"row") + (failed ? " failed" : "") + (skipped ? " quiet" : "") + "\"><span" +
              (failed ? " class=\"bad\"" : "") + ">" + mark + " <code>" + as_text(step.step->id) + "</code></span>";
    paper_ += "<div class=\"track\" style=\"background-size:" + percent(tick_, axis_) + " 100%\">";
    if (!skipped) write_bar(step);
    paper_ += "</div><span class=\"took\">" + (skipped ? "" : took(step.duration)) + "</span></div>\n<div class=\"more\">";
    if (skipped)
      paper_ += "<p>" + Paper::quiet(paper_.say(kLeftOut) + as_text(step.message)) + "</p>";
    else
      write_more(step);
    paper_ += "</div>\n";
  }

  void piece(std::string_view kind, nanoseconds from, nanoseconds length, const std::string& name) {
    if (length <= nanoseconds{0}) return;
    paper_ += "<i class=\"" + std::string(kind) + "\" style=\"left:" + percent(from, axis_) +
              ";width:" + percent(length, axis_) + "\" title=\"" + name + ' ' + took(length) + "\"></i>";
  }
  void write_bar(const StepReport& step) {
    const nanoseconds last = std::max(step.begun, step.attempt_begun);
    piece("step", step.begun, std::max(step.duration, nanoseconds{1}), as_text(step.step->id));
    if (step.attempts > 1) piece("again", step.begun, last - step.begun, paper_.say(kEarlier));
    nanoseconds at = last;
    for (int i = 0; i < kPhaseCount; ++i) {
      const auto phase = static_cast<Phase>(i);
      piece(to_string(phase), at, step.phases[phase], paper_.say(phrase_of(phase)));
      at += step.phases[phase];
    }
  }

  // --- what is said below the bar ------------------------------------------------------------------------------------------------------

  void write_more(const StepReport& step) {
    std::vector<std::string> line;
    if (!step.sent.empty()) line.push_back("<code>" + as_text(step.sent) + "</code>");
    if (step.status > 0) line.push_back("HTTP " + std::to_string(step.status));
    if (step.attempts > 1) line.push_back(paper_.say(kAttempts, std::to_string(step.attempts)));
    if (step.step->effect != Effect::read)
      line.push_back(paper_.say(phrase_of(step.step->effect)) +
                     (step.step->record.empty() ? "" : ' ' + as_text(step.step->record)));
    paragraph(line, " · ");
    if (step.result == StepResult::failed) {
      paper_ += "<p>" + paper_.say(step.reason) + "<br>" + as_text(step.message) + "</p>";
      if (!step.excerpt.empty())
        paper_ +=
            "<details open><summary>" + paper_.say(kBody) + "</summary><pre>" + as_text(step.excerpt) + "</pre></details>";
    }
    write_details(step);
  }
  void write_details(const StepReport& step) {
    paper_ += "<details><summary>" + paper_.say(kDetails) + "</summary>";
    list(kPhases, phases_of(step), ", ");
    paragraph(connection_of(step), " · ");
    list(kExports, exports_of(step), ", ");
    list(kExpects, expected_of(step), ", ");
    list(kExtracts, extracted_of(step), ", ");
    paper_ += "</details>";
  }
  void list(const Phrase& name, const std::vector<std::string>& items, std::string_view between) {
    if (!items.empty()) paper_ += "<p>" + Paper::quiet(paper_.say(name)) + joined(items, between) + "</p>";
  }
  void paragraph(const std::vector<std::string>& items, std::string_view between) {
    if (!items.empty()) paper_ += "<p>" + joined(items, between) + "</p>";
  }
  static std::string joined(const std::vector<std::string>& items, std::string_view between) {
    std::string text;
    for (const std::string& item : items) text.append(text.empty() ? "" : between).append(item);
    return text;
  }

  std::vector<std::string> phases_of(const StepReport& step) const {
    std::vector<std::string> items;
    for (int i = 0; i < kPhaseCount; ++i) {
      const auto phase = static_cast<Phase>(i);
      if (step.phases[phase].count() > 0) items.push_back(paper_.say(phrase_of(phase)) + ' ' + took(step.phases[phase]));
    }
    return items;
  }
  std::vector<std::string> connection_of(const StepReport& step) const {
    std::vector<std::string> items;
    if (!step.remote.empty()) items.push_back("<code>" + as_text(step.remote) + "</code>");
    if (step.status > 0) items.push_back("HTTP/" + as_text(step.version));
    if (!step.tls) return items;
    if (step.tls->complete) items.push_back(as_text(to_string(step.tls->version)) + ' ' + as_text(step.tls->cipher));
    if (!step.tls->verified) items.push_back(paper_.say(kCertificate) + as_text(step.tls->verify_text));
    if (step.tls->not_after != WallTime{})
      items.push_back(paper_.say(kDaysLeft, std::to_string(std::lround(step.tls->days_left(run_.started)))));
    return items;
  }
  static std::vector<std::string> exports_of(const StepReport& step) {
    std::vector<std::string> items;
    for (const Exported& number : step.exported) {
      char text[40];
      std::snprintf(text, sizeof text, "%.10g", number.value);
      items.push_back("<code>" + as_text(number.what->name) + "</code> = " + text);
    }
    return items;
  }
  static std::vector<std::string> expected_of(const StepReport& step) {
    std::vector<std::string> items;
    for (const Condition& condition : step.step->checks.expect)
      for (const Part& part : condition.parts)
        items.push_back("<code>" +
                        as_text(part.statuses_written.empty() ? part.source.describe() : "status " + part.statuses_written) +
                        "</code>");
    return items;
  }
  static std::vector<std::string> extracted_of(const StepReport& step) {
    std::vector<std::string> items;
    for (const Extraction& each : step.step->extract)
      items.push_back("<code>" + as_text(each.name) + "</code> ← <code>" + as_text(each.source.describe()) + "</code>");
    return items;
  }

  Paper& paper_;
  const RunReport& run_;
  const nanoseconds axis_, tick_;
};

}  // namespace

void write_waterfall(Paper& paper, const RunReport& run) {
  if (!run.steps.empty()) Waterfall(paper, run).write();
}

}  // namespace finwatch::workflow
