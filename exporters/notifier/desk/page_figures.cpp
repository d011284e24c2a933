// GET /figures?month=2026-11: how a month went, for the meeting and for whoever checks the contract.
#include "core/json_text.h"
#include "notifier/desk/figures.h"
#include "notifier/desk/pages.h"

namespace finwatch::notifier {
namespace {

constexpr Phrase kTitle{"月度统计", "Figures"};
constexpr Phrase kMonth{"月份", "Month"};
constexpr Phrase kShow{"查看", "Show"};
constexpr Phrase kBefore{"上个月", "Previous month"};
constexpr Phrase kAfter{"下个月", "Next month"};
constexpr Phrase kIncidents{"事件", "Incidents"};
constexpr Phrase kReopened{"重新打开", "Reopened"};
constexpr Phrase kFixRate{"首次解决率", "First-time fix rate"};
constexpr Phrase kFalse{"误报", "False alarms"};
constexpr Phrase kPromises{"服务时限达标情况", "How the promises were kept"};
constexpr Phrase kClass{"故障类别", "Fault class"};
constexpr Phrase kClock{"时限", "Clock"};
constexpr Phrase kKept{"达标", "Kept"};
constexpr Phrase kBreached{"超时", "Breached"};
constexpr Phrase kRate{"达标率", "Compliance"};
constexpr Phrase kMean{"平均用时", "Mean time"};
constexpr Phrase kMedian{"中位用时", "Median time"};
constexpr Phrase kBreaches{"超时的事件", "Breaches"};
constexpr Phrase kNoBreach{"本月没有超时。", "Nothing was breached this month."};
constexpr Phrase kNothing{"本月没有事件。", "No incident began this month."};
constexpr Phrase kByService{"按业务", "By service"};
constexpr Phrase kByClass{"按故障类别", "By fault class"};
constexpr Phrase kByOutcome{"按结果", "By outcome"};
constexpr Phrase kService{"业务", "Service"};
constexpr Phrase kOutcome{"结果", "Outcome"};
constexpr Phrase kNumber{"数量", "Number"};
constexpr Phrase kNotifications{"通知", "Notifications"};
constexpr Phrase kChannel{"通道", "Channel"};
constexpr Phrase kCsv{"下载 CSV", "Download CSV"};
constexpr Phrase kRule{
    "事件按开始时间计入月份；合并的事件和误报不计入达标率；未停的时限在超时后才计入。",
    "An incident counts in the month in which it began; merged ones and false alarms do not count for compliance; a clock "
    "that runs counts once it is breached."};
constexpr Phrase kIncomplete{"数据过多，统计不完整。", "There was more than could be counted: these figures are incomplete."};

std::string percent_text(const std::optional<double>& percent) {
  return percent ? json_number(*percent, 1) + " %" : std::string("–");
}

std::string length_text(const View& view, const std::optional<nanoseconds>& length) {
  return length ? duration_words(*length, view.language()) : std::string("–");
}

std::string number_cell(const View& view, const Phrase& name, const std::string& text) {
  return "<td class=\"number\"" + attribute("data-name", view.say(name)) + ">" + text + "</td>";
}

std::string clock_rows(const View& view, std::string_view name, const std::array<ClockFigures, kClockNames.size()>& clocks) {
  std::string out;
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    const ClockFigures& clock = clocks[i];
    if (clock.kept + clock.breached == 0) continue;
    out += "<tr><th scope=\"row\"" + attribute("data-name", view.say(kClass)) + ">" + as_text(name) + "</th><td" +
           attribute("data-name", view.say(kClock)) + ">" + std::string(view.say(kClockWords[i])) + "</td>" +
           number_cell(view, kRate,
                       "<b class=\"" + std::string(clock.breached > 0 ? "bad" : "well") + "\">" +
                           percent_text(clock.kept_percent()) + "</b>") +
           number_cell(view, kKept, std::to_string(clock.kept)) + number_cell(view, kBreached, std::to_string(clock.breached)) +
           number_cell(view, kMean, length_text(view, clock.mean())) +
           number_cell(view, kMedian, length_text(view, clock.median())) + "</tr>\n";
  }
  return out;
}

std::string promises(const View& view, const MonthFigures& figures) {
  std::string rows;
  for (const auto& [id, clocks] : figures.clocks_by_class)
    rows += clock_rows(view, class_name(view.contract(), id, view.language()), clocks);
  if (rows.empty()) return {};
  std::string out =
      "<section><h2>" + std::string(view.say(kPromises)) + "</h2>\n<div class=\"scroll\"><table class=\"stack\"><thead><tr>";
  out += "<th scope=\"col\">" + std::string(view.say(kClass)) + "</th><th scope=\"col\">" + std::string(view.say(kClock)) +
         "</th>";
  for (const Phrase& name : {kRate, kKept, kBreached, kMean, kMedian})
    out += "<th scope=\"col\" class=\"number\">" + std::string(view.say(name)) + "</th>";
  return out + "</tr></thead><tbody>\n" + rows + "</tbody></table></div>\n<p class=\"quiet\">" + std::string(view.say(kRule)) +
         "</p></section>\n";
}

template <class Rows>
std::string counts(const View& view, const Phrase& title, const Phrase& what, const Rows& rows) {
  std::string out = "<section><h2>" + std::string(view.say(title)) + "</h2>\n<table><thead><tr><th scope=\"col\">" +
                    std::string(view.say(what)) + "</th><th scope=\"col\" class=\"number\">" + std::string(view.say(kNumber)) +
                    "</th></tr></thead><tbody>\n";
  for (const auto& [name, number] : rows)
    out += "<tr><th scope=\"row\">" + as_text(name.empty() ? "–" : name) + "</th><td class=\"number\">" +
           std::to_string(number) + "</td></tr>\n";
  return out + "</tbody></table></section>\n";
}

using Rows = std::vector<std::pair<std::string, int>>;

std::string by_outcome(const View& view, const MonthFigures& figures) {
  Rows rows;
  for (std::size_t i = 0; i < figures.by_outcome.size(); ++i)
    if (figures.by_outcome[i] > 0) rows.emplace_back(view.say(kOutcomeWords[i]), figures.by_outcome[i]);
  return counts(view, kByOutcome, kOutcome, rows);
}

template <class Name>
Rows named(const std::map<std::string, int>& all, Name name) {
  Rows rows;
  for (const auto& [id, number] : all) rows.emplace_back(name(id), number);
  return rows;
}

std::string breaches(const View& view, const MonthFigures& figures) {
  std::string out = "<section><h2>" + std::string(view.say(kBreaches)) + "</h2>\n";
  if (figures.breached.empty()) return out + "<p class=\"well\">" + std::string(view.say(kNoBreach)) + "</p></section>\n";
  out += "<ul>\n";
  for (const Sheet& sheet : figures.breached) {
    out += "<li><a href=\"/incident?id=" + sheet.incident.number() + "\">" + sheet.incident.number() + "</a> " +
           as_text(say(sheet.incident.title, view.language())) + " ";
    for (const ClockReading& clock : sheet.clocks)
      if (clock.breached())
        out += badge("breached", std::string(view.say(kClockWords[index(clock.kind)])) + " +" +
                                     duration_words(clock.used - clock.limit, view.language()));
    out += "</li>\n";
  }
  return out + "</ul></section>\n";
}

std::string notifications(const View& view, const MonthFigures& figures) {
  if (figures.deliveries.empty()) return {};
  std::string out = "<section><h2>" + std::string(view.say(kNotifications)) +
                    "</h2>\n<div class=\"scroll\"><table class=\"stack\"><thead><tr><th scope=\"col\">" +
                    std::string(view.say(kChannel)) + "</th>";
  for (const Phrase& state : kDeliveryWords)
    out += "<th scope=\"col\" class=\"number\">" + std::string(view.say(state)) + "</th>";
  out += "</tr></thead><tbody>\n";
  for (const auto& [channel, states] : figures.deliveries) {
    out += "<tr><th scope=\"row\"" + attribute("data-name", view.say(kChannel)) + ">" +
           std::string(view.say(kChannelWords[index(channel)])) + "</th>";
    for (std::size_t i = 0; i < states.size(); ++i) out += number_cell(view, kDeliveryWords[i], std::to_string(states[i]));
    out += "</tr>\n";
  }
  return out + "</tbody></table></div></section>\n";
}

std::string sum(const View& view, const Phrase& name, const std::string& number) {
  return "<div><b>" + number + "</b>" + std::string(view.say(name)) + "</div>\n";
}

std::string month_form(const View& view, Month month) {
  const auto link = [&](Month to, const Phrase& words) {
    return "<a class=\"button\" href=\"/figures?month=" + to_text(to) + "\">" + std::string(view.say(words)) + "</a> ";
  };
  return "<form class=\"filter\" method=\"get\" action=\"/figures\"><div><label for=\"f-month\">" +
         std::string(view.say(kMonth)) +
         "</label><input id=\"f-month\" name=\"month\" type=\"month\" pattern=\"[0-9]{4}-[0-9]{2}\" required" +
         attribute("value", to_text(month)) + "></div><div><button>" + std::string(view.say(kShow)) +
         "</button></div></form>\n<p>" + link(month - std::chrono::months{1}, kBefore) +
         link(month + std::chrono::months{1}, kAfter) + "</p>\n";
}

}  // namespace

Result<WebAnswer> figures_page(View& view) {
  const Result<Month> month = named_month(view);
  if (!month) return month.error();
  const Result<MonthFigures> figures = month_figures(*view.store, view.contract(), *month, view.now);
  if (!figures) return figures.error();
  const auto class_of = [&](const std::string& id) { return class_name(view.contract(), id, view.language()); };
  const auto service_of = [&](const std::string& id) { return service_name(view.contract(), id, view.language()); };

  std::string page = frame_begin(view, std::string(view.say(kTitle)) + " " + to_text(*month), Place::figures);
  page += month_form(view, *month);
  if (!figures->complete) page += "<p class=\"banner wrong\" role=\"alert\">" + std::string(view.say(kIncomplete)) + "</p>\n";
  page += "<div class=\"sum\">\n" + sum(view, kIncidents, std::to_string(figures->incidents)) +
          sum(view, kBreached, std::to_string(figures->with_breach)) + sum(view, kReopened, std::to_string(figures->reopened)) +
          sum(view, kFixRate, percent_text(figures->first_time_fix_percent())) +
          sum(view, kFalse, std::to_string(figures->by_outcome[index(Outcome::false_alarm)])) + "</div>\n";
  if (figures->incidents == 0) page += "<p>" + std::string(view.say(kNothing)) + "</p>\n";
  page += promises(view, *figures);
  if (figures->incidents > 0) {
    page += breaches(view, *figures) + "<div class=\"now\">\n" +
            counts(view, kByClass, kClass, named(figures->by_class, class_of)) +
            counts(view, kByService, kService, named(figures->by_service, service_of)) + by_outcome(view, *figures) +
            "</div>\n";
  }
  page += notifications(view, *figures);
  page += "<p><a href=\"/figures.csv?month=" + to_text(*month) + "\">" + std::string(view.say(kCsv)) + "</a></p>\n";
  return page_answer(view, 200, std::move(page));
}

}  // namespace finwatch::notifier
