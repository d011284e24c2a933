// The HTML of /flows while it is written: its language, its links, and how it says times.
//
//   Paper paper(page, asked);
//   paper += "<td>" + paper.when(run.started) + "</td>";
//   write_waterfall(paper, *page.shown);
#pragma once

#include "workflow/page/flow_page.h"
#include "workflow/page/phrases.h"

namespace finwatch::workflow {

class Paper {
 public:
  Paper(const FlowPage& page, const PageRequest& asked) : page_(page), asked_(asked) {}

  /// HTML, as it is.
  void operator+=(std::string_view html) { html_ += html; }
  std::string take() { return std::move(html_); }

  Language language() const { return asked_.language; }
  std::string say(const Phrase& phrase) const { return as_text(phrase.in(asked_.language)); }
  /// HTML in the place of the phrase's %.
  std::string say(const Phrase& phrase, std::string_view html) const;
  std::string say(const Words& words) const { return as_text(asked_.language == Language::chinese ? words.zh : words.en); }
  /// "timeout (late)"
  std::string say(Reason reason) const;

  /// "2026-11-26 16:11:33" on a clock of the calendar's zone.
  std::string time(WallTime time) const;
  /// The time of day, with the date when it is another day.
  std::string clock(WallTime time) const;
  /// "3 min 20 s ago", "in 40 s"
  std::string distance(WallTime time) const;
  std::string when(WallTime time) const { return clock(time) + ' ' + distance(time); }

  /// `kind` is a class of the style: "good", "", "calm".
  static std::string tag(std::string_view kind, const std::string& html) {
    return "<span class=\"tag " + std::string(kind) + "\">" + html + "</span>";
  }
  static std::string quiet(const std::string& html) { return "<span class=\"quiet\">" + html + "</span>"; }
  /// To the list, to a flow, to a run of it.
  std::string href(std::string_view flow = {}, std::string_view run = {}) const;

 private:
  const FlowPage& page_;
  const PageRequest& asked_;
  std::string html_;
};

/// "0.42 ms", "320 ms", "1.24 s", "3 min 20 s"
std::string took(std::chrono::nanoseconds time);

void write_list(Paper& paper, const FlowPage& page);
void write_checks(Paper& paper, const FlowPage& page);
void write_flow(Paper& paper, const FlowPage& page);
void write_waterfall(Paper& paper, const RunReport& run);
/// The tag of a flow's state and what explains it.
void write_standing(Paper& paper, const FlowView& view, WallTime now);

}  // namespace finwatch::workflow
