// GET /on-call: who is on duty now, and the rotas of five weeks with their gaps.
#include <algorithm>

#include "notifier/desk/pages.h"
#include "notifier/desk/rota_days.h"

namespace finwatch::notifier {
namespace {

constexpr Phrase kTitle{"值班", "On call"};
constexpr Phrase kNow{"当前值班", "On call now"};
constexpr Phrase kUntil{"至 ", "until "};
constexpr Phrase kNobody{"无人值班", "nobody"};
constexpr Phrase kGap{"排班表有空缺，最近一次从 ", "The rota has a gap from "};
constexpr Phrase kGapEnd{" 开始：届时的通知无人接收，请尽快补班。", ": from then on nobody would be told. Please fill it."};
constexpr Phrase kGapNow{"现在就有空缺：通知无人接收。", "There is a gap now: nobody is told."};
constexpr Phrase kNoDuties{"合同里没有值班岗位。", "The contract has no duties."};
constexpr Phrase kRota{"排班表", "Rota"};
constexpr Phrase kAlways{"固定人员，无排班表", "always the same, no rota"};
constexpr std::array<Phrase, 7> kDays = {Phrase{"周一", "Mon"}, Phrase{"周二", "Tue"}, Phrase{"周三", "Wed"},
                                         Phrase{"周四", "Thu"}, Phrase{"周五", "Fri"}, Phrase{"周六", "Sat"},
                                         Phrase{"周日", "Sun"}};

std::string person_html(const View& view, const std::string& id) {
  if (id.empty()) return "<span class=\"gap\">" + std::string(view.say(kNobody)) + "</span>";
  return as_text(actor_name(view.contract(), id, view.language()));
}

std::string duty_card(const View& view, const DutyNow& now) {
  std::string out = "<div class=\"card " + std::string(now.people.empty() ? "grave" : "") + "\"><p class=\"quiet\">" +
                    as_text(say(now.duty->name, view.language())) + "</p><p class=\"big-name\">";
  if (now.people.empty()) out += person_html(view, "");
  for (std::size_t i = 0; i < now.people.size(); ++i)
    out += (i == 0 ? "" : view.language() == Language::chinese ? "、" : ", ") + person_html(view, now.people[i]);
  out += "</p><p class=\"quiet\">";
  if (now.until)
    out += std::string(view.say(kUntil)) + time_tag(view, *now.until);
  else if (!now.duty->rota)
    out += view.say(kAlways);
  return out + "</p></div>\n";
}

std::string clock_text(std::chrono::minutes since_midnight) {
  const auto two = [](long long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return two(since_midnight.count() / 60) + ":" + two(since_midnight.count() % 60);
}

std::string day_cell(const View& view, const Rota& rota, Day day, Day today) {
  const std::vector<Turn> turns = turns_of(rota, day);
  const bool gap = std::any_of(turns.begin(), turns.end(), [](const Turn& turn) { return turn.person.empty(); });
  std::string kind = day == today ? "today" : day < today ? "past" : "";
  if (gap && day >= today) kind += " gap-day";
  const std::string date = finwatch::to_text(day);
  std::string out = "<td class=\"" + kind + "\"><span class=\"day\"><time datetime=\"" + date + "\">" + date.substr(5) +
                    "</time> " + std::string(view.say(kDays[(weekday_number(day) + 6) % 7])) + "</span><span>";
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (i > 0) out += "<br>";
    if (turns[i].from && turns[i].from->count() > 0) out += "<span class=\"quiet\">" + clock_text(*turns[i].from) + "</span> ";
    out += person_html(view, turns[i].person);
  }
  return out + "</span></td>\n";
}

std::string calendar(const View& view, const Duty& duty) {
  const Day today = day_of(view.contract().zone.local(view.now));
  const Day monday = today - std::chrono::days{static_cast<int>((weekday_number(today) + 6) % 7)};
  std::string out = "<section><h2>" + std::string(view.say(kRota)) + " · " + as_text(say(duty.name, view.language())) +
                    "</h2>\n<div class=\"scroll\"><table class=\"rota\"><thead><tr>";
  for (const Phrase& name : kDays) out += "<th scope=\"col\">" + std::string(view.say(name)) + "</th>";
  out += "</tr></thead><tbody>\n";
  for (int i = 0; i < kDaysShown; ++i) {
    if (i % 7 == 0) out += "<tr>";
    out += day_cell(view, *duty.rota, monday + std::chrono::days{i}, today);
    if (i % 7 == 6) out += "</tr>\n";
  }
  return out + "</tbody></table></div></section>\n";
}

}  // namespace

Result<WebAnswer> on_call_page(View& view) {
  const Contract& contract = view.contract();
  const std::vector<DutyNow> duties = duties_at(contract, view.now);
  std::string page = frame_begin(view, view.say(kTitle), Place::on_call);
  const bool gap_now = std::any_of(duties.begin(), duties.end(), [](const DutyNow& each) { return each.people.empty(); });
  if (gap_now)
    page += "<p class=\"banner wrong\" role=\"alert\">" + std::string(view.say(kGapNow)) + "</p>\n";
  else if (const auto gap = contract.next_gap(view.now, std::chrono::hours{24 * kDaysShown}))
    page += "<p class=\"banner wrong\" role=\"alert\">" + std::string(view.say(kGap)) + time_tag(view, *gap) +
            std::string(view.say(kGapEnd)) + "</p>\n";
  if (duties.empty()) page += "<p>" + std::string(view.say(kNoDuties)) + "</p>\n";
  page += "<section><h2>" + std::string(view.say(kNow)) + "</h2>\n<div class=\"now\">\n";
  for (const DutyNow& duty : duties) page += duty_card(view, duty);
  page += "</div></section>\n";
  for (const DutyNow& duty : duties)
    if (duty.duty->rota) page += calendar(view, *duty.duty);
  return page_answer(view, 200, std::move(page));
}

}  // namespace finwatch::notifier
