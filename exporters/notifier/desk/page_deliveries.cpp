// GET /deliveries: what was said by which channel, and what could not be. What failed stands above all else.
#include "notifier/desk/pages.h"

namespace finwatch::notifier {
namespace {

constexpr int kMost = 200;
constexpr int kMostFailed = 20;

constexpr Phrase kTitle{"通知记录", "Deliveries"};
constexpr Phrase kFailed{"失败的通知", "Failed deliveries"};
constexpr Phrase kAll{"全部通知", "All deliveries"};
constexpr Phrase kAny{"全部", "All"};
constexpr Phrase kState{"结果", "Result"};
constexpr Phrase kChannel{"通道", "Channel"};
constexpr Phrase kIncident{"事件", "Incident"};
constexpr Phrase kTo{"接收人", "To"};
constexpr Phrase kWhy{"内容", "What"};
constexpr Phrase kTime{"时间", "Time"};
constexpr Phrase kAnswer{"通道应答", "Answer"};
constexpr Phrase kFilter{"筛选", "Filter"};
constexpr Phrase kNone{"没有符合条件的通知。", "Nothing matches."};
constexpr Phrase kOlder{"更早的通知", "Older ones"};
constexpr Phrase kCsv{"下载 CSV", "Download CSV"};
constexpr Phrase kGroup{"群消息", "the group"};
constexpr Phrase kStep{"升级步骤 ", "step "};
constexpr Phrase kAttempts{" 次尝试", " attempts"};
constexpr Phrase kTwice{"可能重复", "maybe twice"};

std::string cell(const View& view, const Phrase& name, const std::string& html) {
  return "<td" + attribute("data-name", view.say(name)) + (html.empty() ? " class=\"empty\">" : "><span>") + html +
         (html.empty() ? "</td>" : "</span></td>");
}

std::string receivers(const View& view, const Delivery& delivery) {
  if (!delivery.person.empty()) return as_text(actor_name(view.contract(), delivery.person, view.language()));
  std::string out;
  for (const std::string& person : delivery.mention)
    out += (out.empty() ? "@" : " @") + as_text(actor_name(view.contract(), person, view.language()));
  return out.empty() ? std::string(view.say(kGroup)) : out;
}

std::string table(const View& view, const std::vector<Delivery>& deliveries) {
  std::string out = delivery_heading(view);
  for (const Delivery& delivery : deliveries) out += delivery_row(view, delivery);
  return out + "</tbody></table></div>\n";
}

std::string filter(const View& view) {
  std::string states = option("", view.say(kAny), view.visit.query("state"));
  for (std::size_t i = 0; i < kDeliveryWords.size(); ++i)
    states += option(kDeliveryStateNames[i], view.say(kDeliveryWords[i]), view.visit.query("state"));
  std::string channels = option("", view.say(kAny), view.visit.query("channel"));
  for (std::size_t i = 0; i < kChannelWords.size(); ++i)
    channels += option(kChannelNames[i], view.say(kChannelWords[i]), view.visit.query("channel"));
  return "<form class=\"filter\" method=\"get\" action=\"/deliveries\" role=\"search\">\n<div><label for=\"f-state\">" +
         std::string(view.say(kState)) + "</label><select id=\"f-state\" name=\"state\">" + states +
         "</select></div>\n<div><label for=\"f-channel\">" + std::string(view.say(kChannel)) +
         "</label><select id=\"f-channel\" name=\"channel\">" + channels + "</select></div>\n<div><label for=\"f-incident\">" +
         std::string(view.say(kIncident)) + "</label><input id=\"f-incident\" name=\"incident\" placeholder=\"INC-42\"" +
         attribute("value", view.visit.query("incident")) + "></div>\n<div><button>" + std::string(view.say(kFilter)) +
         "</button></div>\n</form>\n";
}

}  // namespace

std::string delivery_heading(const View& view) {
  std::string out = "<div class=\"scroll\"><table class=\"stack\"><thead><tr>";
  for (const Phrase& name : {kTime, kState, kChannel, kTo, kWhy, kIncident, kAnswer})
    out += "<th scope=\"col\">" + std::string(view.say(name)) + "</th>";
  return out + "</tr></thead><tbody>\n";
}

std::string delivery_row(const View& view, const Delivery& delivery) {
  const std::string_view kind = delivery.state == DeliveryState::failed      ? "failed"
                                : delivery.state == DeliveryState::delivered ? "delivered"
                                                                             : "";
  std::string what(view.say(kPurposeWords[index(delivery.purpose)]));
  if (delivery.step >= 0) what += " · " + std::string(view.say(kStep)) + std::to_string(delivery.step + 1);
  std::string answer = as_text(delivery.code);
  if (!delivery.note.empty()) answer += (answer.empty() ? "" : " ") + as_text(delivery.note);
  if (delivery.attempts > 1)
    answer += (answer.empty() ? "" : " · ") + std::to_string(delivery.attempts) + std::string(view.say(kAttempts));
  if (delivery.maybe_twice) answer += (answer.empty() ? "" : " · ") + std::string(view.say(kTwice));
  const std::string number = "INC-" + std::to_string(delivery.incident);
  return "<tr>" + cell(view, kTime, time_tag(view, delivery.done.value_or(delivery.created))) +
         cell(view, kState, badge(kind, view.say(kDeliveryWords[index(delivery.state)]))) +
         cell(view, kChannel, std::string(view.say(kChannelWords[index(delivery.channel)]))) +
         cell(view, kTo, receivers(view, delivery)) + cell(view, kWhy, what) +
         cell(view, kIncident, "<a href=\"/incident?id=" + number + "\">" + number + "</a>") + cell(view, kAnswer, answer) +
         "</tr>\n";
}

Result<WebAnswer> deliveries_page(View& view) {
  const Result<DeliveryQuery> query = delivery_query(view, kMost);
  if (!query) return query.error();
  const Result<std::vector<Delivery>> found = view.store->deliveries(*query);
  if (!found) return found.error();
  std::string page = frame_begin(view, view.say(kTitle), Place::deliveries);
  if (!query->state && query->before == 0) {
    DeliveryQuery failed = *query;
    failed.state = DeliveryState::failed;
    failed.most = kMostFailed;
    const Result<std::vector<Delivery>> bad = view.store->deliveries(failed);
    if (!bad) return bad.error();
    if (!bad->empty())
      page += "<section><h2>" + std::string(view.say(kFailed)) + "</h2>\n" + table(view, *bad) + "</section>\n";
  }
  page += "<section><h2>" + std::string(view.say(kAll)) + "</h2>\n" + filter(view);
  page += found->empty() ? "<p>" + std::string(view.say(kNone)) + "</p>\n" : table(view, *found);
  if (found->size() == static_cast<std::size_t>(query->most))
    page += "<p><a class=\"button\"" + attribute("href", link_with(view, "before", std::to_string(found->back().id))) + ">" +
            std::string(view.say(kOlder)) + "</a></p>\n";
  std::string csv = link_with(view, "", "");
  csv.insert(std::string_view("/deliveries").size(), ".csv");
  page += "<p><a" + attribute("href", csv) + ">" + std::string(view.say(kCsv)) + "</a></p>\n</section>\n";
  return page_answer(view, 200, std::move(page));
}

}  // namespace finwatch::notifier
