// What the integrity checks of the books last found.
#include <cmath>
#include <cstdio>

#include "workflow/page/paper.h"

namespace finwatch::workflow {
namespace {

constexpr Phrase kTitle{"账簿检查", "Integrity checks"};
constexpr Phrase kCheck{"检查项", "check"};
constexpr Phrase kFound{"最近结果", "last result"};
constexpr Phrase kFoundAt{"结果时间", "found at"};
constexpr Phrase kState{"状态", "state"};
constexpr Phrase kNext{"下次检查", "next run"};
constexpr Phrase kWell{"正常", "ok"};
constexpr Phrase kFailed{"检查失败", "failed"};
constexpr Phrase kNever{"尚未检查", "not run yet"};
constexpr Phrase kMissing{"不支持，缺少表：", "not supported, these tables are not there: "};
constexpr Phrase kRows{"共 % 行", "% rows"};
constexpr Phrase kMore{"另有 % 行", "and % more"};
constexpr std::size_t kMostRows = 20;  // of one check; JSON has all that are kept

std::string shown(double value, Unit unit) {
  if (unit == Unit::seconds) return (value < 0 ? "−" : "") + for_people(std::fabs(value));
  char text[64];
  if (unit == Unit::ratio)
    std::snprintf(text, sizeof text, "%.4g %%", value * 100);
  else
    std::snprintf(text, sizeof text, unit == Unit::amount ? "%.2f" : "%.15g", value);
  return text;
}

std::string values_of(const Check& check, const CheckRow& row) {
  std::string text;
  for (std::size_t i = 0; i < std::min(check.values.size(), row.values.size()); ++i)
    text += (i == 0 ? "" : ", ") + as_text(check.values[i].column) + ' ' +
            (row.values[i] ? "<b>" + shown(*row.values[i], check.values[i].unit) + "</b>" : std::string("–"));
  return text;
}

void write_found(Paper& paper, const CheckState& state) {
  if (state.last_success == WallTime{}) return paper += "–";
  if (state.check->labels.empty()) {
    for (const CheckRow& row : state.rows) paper += values_of(*state.check, row);
    return;
  }
  const std::size_t count = state.rows.size() + state.cut_rows;
  if (count == 0) return paper += paper.say(kRows, "0");
  paper += "<details><summary>" + paper.say(kRows, std::to_string(count)) + "</summary>";
  for (std::size_t i = 0; i < std::min(state.rows.size(), kMostRows); ++i)
    paper += "<code>" + as_text(state.rows[i].item) + "</code>: " + values_of(*state.check, state.rows[i]) + "<br>";
  if (count > kMostRows) paper += paper.say(kMore, std::to_string(count - std::min(state.rows.size(), kMostRows)));
  paper += "</details>";
}

void write_check(Paper& paper, const CheckState& state) {
  const Check& check = *state.check;
  paper += "<tr><td>" + paper.say(check.title) + " <code class=\"quiet\">" + as_text(check.id) +
           "</code><br><small class=\"quiet\">" + paper.say(check.text) + "</small></td><td>";
  if (!state.success)
    paper += Paper::tag("calm", paper.say(kNever));
  else if (*state.success)
    paper += Paper::tag("good", paper.say(kWell));
  else
    paper += Paper::tag("", paper.say(kFailed)) + "<br>" + as_text(state.message);
  paper += "</td><td>";
  write_found(paper, state);
  paper += "</td><td>" + (state.last_success == WallTime{} ? "–" : paper.when(state.last_success)) + "</td><td>" +
           (state.next == WallTime{} ? "–" : paper.when(state.next)) + "</td></tr>\n";
}

void write_book(Paper& paper, const BookState& state) {
  paper += "<h3>" + as_text(state.book->name) + " <small class=\"quiet\">" + as_text(state.book->product) + "</small></h3>\n";
  if (!state.supported.value_or(true)) {
    paper += "<p>" + paper.say(kMissing);
    for (std::size_t i = 0; i < state.missing.size(); ++i)
      paper += (i == 0 ? "<code>" : ", <code>") + as_text(state.missing[i]) + "</code>";
    paper += "</p>\n";
  }
  paper += "<div class=\"wide\"><table>\n<tr>";
  for (const Phrase& head : {kCheck, kState, kFound, kFoundAt, kNext}) paper += "<th>" + paper.say(head) + "</th>";
  paper += "</tr>\n";
  for (const CheckState& check : state.checks) write_check(paper, check);
  paper += "</table></div>\n";
}

}  // namespace

void write_checks(Paper& paper, const FlowPage& page) {
  if (page.books.empty()) return;
  paper += "<h2>" + paper.say(kTitle) + "</h2>\n";
  for (const BookState& book : page.books) write_book(paper, book);
}

}  // namespace finwatch::workflow
