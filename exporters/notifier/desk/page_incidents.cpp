// GET /incidents: what is open, the gravest first; what is closed, the newest first.
#include "notifier/desk/pages.h"
#include "notifier/desk/ticking.h"

namespace finwatch::notifier {
namespace {

constexpr int kMostOpen = 500;
constexpr int kMostClosed = 50;

constexpr Phrase kOpen{"未关闭事件", "Open incidents"};
constexpr Phrase kClosed{"已关闭事件", "Closed incidents"};
constexpr Phrase kAll{"全部事件", "All incidents"};
constexpr Phrase kFilter{"筛选", "Filter"};
constexpr Phrase kState{"状态", "State"};
constexpr Phrase kStateOpen{"未关闭", "Open"};
constexpr Phrase kStateClosed{"已关闭", "Closed"};
constexpr Phrase kAny{"全部", "All"};
constexpr Phrase kService{"业务", "Service"};
constexpr Phrase kClass{"故障类别", "Fault class"};
constexpr Phrase kSeverity{"严重度", "Severity"};
constexpr Phrase kSearch{"搜索", "Search"};
constexpr Phrase kSearchIn{"标题、告警名、编号", "title, alert, number"};
constexpr Phrase kNone{"没有未关闭的事件。", "No incident is open."};
constexpr Phrase kNoneFound{"没有符合条件的事件。", "No incident matches."};
constexpr Phrase kOlder{"更早的事件", "Older incidents"};
constexpr Phrase kCsv{"下载 CSV", "Download CSV"};
constexpr Phrase kUnclaimed{" 个无人认领", " that nobody has"};
constexpr Phrase kCount{" 个事件", " incidents"};
constexpr Phrase kOne{" 个事件", " incident"};
constexpr Phrase kBreached{" 个已超时", " breached"};
constexpr Phrase kMoreOpen{"只显示最近 500 个；请用筛选缩小范围。", "The newest 500 are shown; use the filter."};

std::string select(const View& view, const char* name, const Phrase& label, const std::string& options) {
  return "<div><label for=\"f-" + std::string(name) + "\">" + std::string(view.say(label)) + "</label><select id=\"f-" + name +
         "\" name=\"" + name + "\">" + options + "</select></div>\n";
}

template <class Named>
std::string options_of(const View& view, std::string_view chosen, const std::map<std::string, Named>& all) {
  std::string out = option("", view.say(kAny), chosen);
  for (const auto& [id, each] : all) out += option(id, say(each.name, view.language()), chosen);
  return out;
}

std::string filter(const View& view) {
  const Visit& visit = view.visit;
  const std::string_view state = visit.query("state");
  std::string services = option("", view.say(kAny), visit.query("service"));
  for (const Service& service : view.contract().services)
    services += option(service.id, say(service.name, view.language()), visit.query("service"));
  std::string out = "<form class=\"filter\" method=\"get\" action=\"/incidents\" role=\"search\">\n";
  out += select(view, "state", kState,
                option("open", view.say(kStateOpen), state) + option("closed", view.say(kStateClosed), state) +
                    option("all", view.say(kAny), state));
  out += select(view, "service", kService, services);
  out += select(view, "class", kClass, options_of(view, visit.query("class"), view.contract().classes));
  out += select(view, "severity", kSeverity, options_of(view, visit.query("severity"), view.contract().severities));
  out += "<div><label for=\"f-search\">" + std::string(view.say(kSearch)) +
         "</label><input id=\"f-search\" name=\"search\" type=\"search\" maxlength=\"200\"" +
         attribute("placeholder", view.say(kSearchIn)) + attribute("value", visit.query("search")) + "></div>\n";
  return out + "<div><button>" + std::string(view.say(kFilter)) + "</button></div>\n</form>\n";
}

std::string summary(const View& view, const std::vector<Sheet>& sheets) {
  std::size_t nobody = 0, breached = 0;
  for (const Sheet& sheet : sheets) {
    if (sheet.incident.state < State::acknowledged) ++nobody;
    if (sheet.breached() && sheet.incident.state < State::resolved) ++breached;
  }
  std::string out = "<p>" + std::to_string(sheets.size()) + std::string(view.say(sheets.size() == 1 ? kOne : kCount));
  if (nobody > 0) out += " · <span class=\"bad\">" + std::to_string(nobody) + std::string(view.say(kUnclaimed)) + "</span>";
  if (breached > 0) out += " · <span class=\"bad\">" + std::to_string(breached) + std::string(view.say(kBreached)) + "</span>";
  return out + "</p>\n";
}

std::string card(const View& view, const Sheet& sheet) {
  const Incident& incident = sheet.incident;
  const bool over = incident.state >= State::resolved;
  return "<article class=\"card " + std::string(over ? "" : gravity(view.contract(), sheet.rank)) +
         "\">\n<h2><a href=\"/incident?id=" + incident.number() + "\">" + incident.number() + " " +
         as_text(say(incident.title, view.language())) + "</a></h2>\n" + incident_head(view, sheet) +
         (incident.is_open() ? clock_bars(view, sheet) : std::string()) + "</article>\n";
}

}  // namespace

Result<WebAnswer> incidents_page(View& view) {
  const std::string_view state = view.visit.query("state");
  const bool only_open = state.empty() || state == "open";
  const Result<IncidentQuery> query = incident_query(view, only_open ? kMostOpen : kMostClosed);
  if (!query) return query.error();
  Result<std::vector<Incident>> found = view.store->incidents(*query);
  if (!found) return found.error();
  const std::int64_t last = found->empty() ? 0 : found->back().id;
  const bool full = found->size() == static_cast<std::size_t>(query->most);
  std::vector<Sheet> sheets = sheets_of(view.contract(), std::move(*found), view.now);
  if (only_open) gravest_first(sheets);

  constexpr int kRefresh = 60;
  std::string page = frame_begin(view,
                                 view.say(only_open           ? kOpen
                                          : state == "closed" ? kClosed
                                                              : kAll),
                                 Place::incidents, only_open ? kRefresh : 0);
  const bool filtered =
      !query->service.empty() || !query->fault_class.empty() || !query->severity.empty() || !query->search.empty();
  if (only_open && !sheets.empty()) page += summary(view, sheets);
  if (!only_open || filtered) page += filter(view);
  if (sheets.empty())
    page += "<p class=\"banner done\">" + std::string(view.say(only_open && !filtered ? kNone : kNoneFound)) + "</p>\n";
  for (const Sheet& sheet : sheets) page += card(view, sheet);
  if (full && only_open) page += "<p class=\"banner\">" + std::string(view.say(kMoreOpen)) + "</p>\n";
  if (full && !only_open)
    page += "<p><a class=\"button\"" + attribute("href", link_with(view, "before", "INC-" + std::to_string(last))) + ">" +
            std::string(view.say(kOlder)) + "</a></p>\n";
  if (only_open && !filtered) page += filter(view);
  std::string csv = link_with(view, "", "");
  csv.insert(std::string_view("/incidents").size(), ".csv");
  page += "<p><a" + attribute("href", csv) + ">" + std::string(view.say(kCsv)) + "</a></p>\n" + ticking_script();
  return page_answer(view, 200, std::move(page));
}

}  // namespace finwatch::notifier
