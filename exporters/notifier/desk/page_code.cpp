// GET /code: six digits to type where a link cannot come, as in a text message.
//
// Six digits are few. They open only what somebody was really told of and is still open, and ten wrong ones from anybody close the form.
#include <set>

#include "notifier/desk/deeds.h"
#include "notifier/desk/pages.h"
#include "notifier/incident/ticket.h"
#include "web/credentials.h"

namespace finwatch::notifier {
namespace {

constexpr int kMostIncidents = 500;
constexpr int kMostDeliveries = 200;
constexpr std::chrono::hours kTicketLasts{1};

constexpr Phrase kTitle{"输入认领码", "Enter your code"};
constexpr Phrase kLabel{"短信或电话里的六位数字", "The six digits from the text message or the call"};
constexpr Phrase kGo{"继续", "Continue"};
constexpr Phrase kWrong{"认领码不对，或事件已关闭。", "This code is wrong, or the incident is closed."};
constexpr Phrase kTooOften{"错误次数过多，请 10 分钟后再试，或使用通知里的链接。",
                           "Too many wrong codes: come back in ten minutes, or use the link in a message."};
constexpr Phrase kTwo{"这个认领码对应多个事件，请使用通知里的链接，或登录处理。",
                      "These digits stand for more than one incident: use the link in a message, or log in."};

WebAnswer code_form(const View& view, int code, std::string_view wrong) {
  std::string page = frame_begin(view, view.say(kTitle), Place::nowhere);
  page += "<div class=\"narrow\">\n";
  if (!wrong.empty()) page += "<p class=\"banner wrong\" role=\"alert\">" + std::string(wrong) + "</p>\n";
  page += "<form method=\"post\" action=\"/code\"><label for=\"code\">" + std::string(view.say(kLabel)) +
          "</label><input class=\"code\" id=\"code\" name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" "
          "pattern=\"[0-9 ]{6,11}\" maxlength=\"11\" required><button class=\"first big\">" +
          std::string(view.say(kGo)) + "</button></form>\n</div>\n";
  return page_answer(view, code, std::move(page));
}

using Told = std::set<std::pair<std::int64_t, std::string>>;  // an incident, and a person who was told of it

Result<Told> who_was_told(Store& store) {
  IncidentQuery query;
  query.open = true;
  query.most = kMostIncidents;
  const Result<std::vector<Incident>> open = store.incidents(query);
  if (!open) return open.error();
  Told told;
  for (const Incident& incident : *open) {
    const Result<std::vector<Delivery>> deliveries =
        store.deliveries({.incident = incident.id, .state = {}, .channel = {}, .most = kMostDeliveries});
    if (!deliveries) return deliveries.error();
    for (const Delivery& delivery : *deliveries)
      for (const std::string& person : delivery.people()) told.emplace(incident.id, person);
  }
  return told;
}

std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9') digits += c;
  return digits;
}

}  // namespace

Result<WebAnswer> code_page(View& view) { return code_form(view, 200, {}); }

void enter_code(const Deed& deed) {
  const View view = deed.view();
  const SteadyTime now = deed.clock->steady();
  if (deed.codes->closed("all", now)) return deed.answer(code_form(view, 429, view.say(kTooOften)));
  const Result<Told> told = who_was_told(*deed.store);
  if (!told) return deed.store_error(told.error());
  const std::string typed = digits_of(view.visit.field("code"));
  const std::pair<std::int64_t, std::string>* right = nullptr;
  int matches = 0;
  for (const auto& each : *told)  // all of them, so that the time tells nothing
    if (same_secret(ticket_code(deed.setup->page.key, each.first, each.second), typed)) {
      right = &each;
      ++matches;
    }
  if (right == nullptr) {
    deed.codes->failed("all", now);
    return deed.answer(code_form(view, 403, view.say(kWrong)));
  }
  if (matches > 1) return deed.answer(code_form(view, 409, view.say(kTwo)));
  const Ticket ticket{.incident = right->first, .person = right->second, .until = view.now + kTicketLasts};
  deed.answer(see_other(view, "/ack?t=" + sign_ticket(deed.setup->page.key, ticket) + "&by=code"));
}

}  // namespace finwatch::notifier
