#include "workflow/page/paper.h"

#include <cstdio>

#include "web/query.h"

namespace finwatch::workflow {
namespace {

constexpr std::string_view kStyle =
    "body{max-width:84rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.35rem "
    ".6rem;"
    "border-bottom:1px solid #d0d7de}th{font-weight:600;white-space:nowrap}.n,.unbroken,td "
    "code{white-space:nowrap}td:first-child{min-width:11rem}td p{margin:0}"
    ".wide{overflow-x:auto}code,pre{font:14px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}"
    "pre{white-space:pre-wrap;background:#f6f8fa;padding:.5rem;margin:.3rem "
    "0}small{font-weight:normal}h2 code{font-size:inherit}h3{font-size:1.05rem;margin:1.2rem 0 .2rem}"
    ".tag{white-space:nowrap}.calm{background:#57606a}.warn{background:#9a6700}.late{color:#9a6700;font-weight:bold}.bad{color:"
    "#a40e26;font-weight:bold}"
    ".last{white-space:nowrap}.last a,.last "
    "i{display:inline-block;width:.55rem;height:1.1rem;margin-right:2px;background:#1a7f37}"
    ".last .f{background:#cf222e}.last .u{background:#8c959f}.fact{display:inline-block;margin-right:1.6rem}"
    // The waterfall: a name, a bar on the axis of time, and a duration.
    ".row,.axis{display:grid;grid-template-columns:15rem 1fr 6rem;column-gap:.8rem;align-items:center}"
    ".part{margin-top:.7rem;font-weight:600}.row "
    ".took{text-align:right;white-space:nowrap}.track{position:relative;height:1.5rem;"
    "background-image:linear-gradient(to right,#d0d7de 1px,transparent 1px);background-color:#f6f8fa}"
    ".track i{position:absolute;top:.25rem;bottom:.25rem;min-width:2px;box-sizing:border-box}.axis "
    ".ticks{position:relative;height:1.3rem}"
    ".ticks span{position:absolute;font-size:13px;white-space:nowrap;border-left:1px solid #8c959f;padding-left:.2rem}"
    ".more{margin:0 0 .3rem 1.2rem;font-size:15px}.more p{margin:.1rem 0}details summary{cursor:pointer;color:#57606a}"
    "i.step{background:#8c959f}.failed i.step{outline:2px solid "
    "#cf222e}i.again{background:repeating-linear-gradient(45deg,#8c959f 0 4px,#d0d7de 4px 8px)}"
    "i.dns{background:#8250df}i.connect{background:#bf8700}i.tls{background:#bf3989}i.send{background:#0550ae}i.processing{"
    "background:#2da44e}"
    "i.transfer{background:#54aeff}.legend i{display:inline-block;width:.9rem;height:.8rem;margin:0 .3rem 0 .6rem}"
    "@media(max-width:50rem){.row,.axis{grid-template-columns:8rem 1fr 4.5rem}}"
    "@media(prefers-color-scheme:dark){td,th{border-color:#30363d}pre,.track{background-color:#161b22}.late{color:#d29922}.bad{"
    "color:#ff8182}"
    ".track{background-image:linear-gradient(to right,#30363d 1px,transparent 1px)}details summary{color:#9da7b3}"
    "i.again{background:repeating-linear-gradient(45deg,#6e7681 0 4px,#30363d 4px 8px)}}";

constexpr Phrase kTitle{"业务流程", "Flows"};
constexpr Phrase kTimes{"时区 %", "on the clock of %"};
constexpr Phrase kNoFlow{"没有名为 % 的流程。", "No flow is called %."};
constexpr Phrase kAll{"全部流程", "All flows"};

constexpr int kRefresh = 15;  // seconds; a page that somebody reads stays as it is

std::string kept(const FlowPage& page) {
  std::string keep;
  if (page.of_one()) keep += "&amp;flow=" + percent_encode(page.asked.flow);
  if (!page.asked.run.empty()) keep += "&amp;run=" + percent_encode(page.asked.run);
  return keep;
}

std::string clock_text(const Zone& zone, WallTime time, bool with_day) {
  const LocalTime local = zone.local(time);
  const Day day = day_of(local);
  const auto seconds = static_cast<int>((local - day).count());
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return with_day ? to_text(day) + ' ' + text : text;
}

}  // namespace

std::string Paper::say(const Phrase& phrase, std::string_view html) const {
  std::string text = say(phrase);
  return text.replace(text.find('%'), 1, html);
}
std::string Paper::say(Reason reason) const {
  return "<b>" + std::string(to_string(reason)) + "</b> " +
         quiet("(" + say(kReasonPhrases[static_cast<std::size_t>(reason)]) + ")");
}
std::string Paper::time(WallTime time) const { return clock_text(page_.zone, time, true); }
std::string Paper::clock(WallTime time) const {
  const bool same_day = day_of(page_.zone.local(time)) == day_of(page_.zone.local(page_.now));
  return "<span title=\"" + this->time(time) + "\">" + clock_text(page_.zone, time, !same_day) + "</span>";
}
std::string Paper::distance(WallTime time) const {
  const double away = to_seconds(time) - to_seconds(page_.now);
  return "<span class=\"quiet unbroken\">" + (away > 0 ? say(kIn, for_people(away)) : say(kAgo, for_people(-away))) + "</span>";
}
std::string Paper::href(std::string_view flow, std::string_view run) const {
  std::string link;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) link.append(link.empty() ? "?" : "&amp;").append(name).append("=").append(percent_encode(value));
  };
  add("flow", flow);
  add("run", run);
  add("lang", asked_.chosen);
  return "href=\"" + (link.empty() ? std::string("/flows") : link) + '"';
}

std::string took(std::chrono::nanoseconds time) {
  const double ms = std::chrono::duration<double, std::milli>(time).count();
  if (ms >= 59'995) return for_people(ms / 1e3);
  char text[32];
  if (ms >= 999.5)
    std::snprintf(text, sizeof text, "%.*f s", ms >= 9'995 ? 1 : 2, ms / 1e3);
  else
    std::snprintf(text, sizeof text, "%.*f ms", ms >= 9.95 || ms == 0 ? 0 : ms >= 0.995 ? 1 : 2, ms);
  return text;
}

std::string flow_page_html(const FlowPage& page, const PageRequest& asked) {
  Paper paper(page, asked);
  const bool one = page.of_one() && !page.flows.empty();
  const std::string title =
      one ? std::string(asked.language == Language::chinese ? page.flows[0].flow->title.zh : page.flows[0].flow->title.en)
          : std::string(kTitle.in(asked.language));
  std::string note = paper.time(page.now) + ' ' + paper.say(kTimes, as_text(page.zone.name()));
  if (page.of_one()) note = "<a " + paper.href() + ">← " + paper.say(kAll) + "</a> " + note;
  paper += page_head(
      {.title = title, .style = kStyle, .note = note, .keep = kept(page), .refresh_seconds = page.of_one() ? 0 : kRefresh},
      asked.language);
  if (one) {
    write_flow(paper, page);
  } else if (page.of_one()) {
    paper += "<p>" + paper.say(kNoFlow, as_text(page.asked.flow)) + "</p>\n";
  } else {
    write_list(paper, page);
    write_checks(paper, page);
  }
  paper += "</body>\n</html>\n";
  return paper.take();
}

}  // namespace finwatch::workflow
