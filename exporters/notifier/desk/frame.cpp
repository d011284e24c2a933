#include "notifier/desk/frame.h"

#include <algorithm>

#include "core/json_text.h"
#include "notifier/desk/style.h"
#include "notifier/desk/ticking.h"
#include "web/query.h"

namespace finwatch::notifier {
namespace {

constexpr Phrase kMenu{"主菜单", "Main menu"};
constexpr Phrase kLogOut{"退出登录", "Log out"};
constexpr Phrase kLogIn{"登录", "Log in"};
constexpr Phrase kOther{"English", "中文"};
constexpr Phrase kFollows{"本实例不是主实例；主实例：", "This instance does not lead; the leader is "};
constexpr Phrase kNobodyLeads{"目前没有主实例：通知暂不发送。", "No instance leads now: no messages are sent."};
constexpr Phrase kActsAnyway{"在这里的操作照常有效，稍后由主实例执行。",
                             "What you do here works all the same: the leader carries it out in a moment."};
constexpr Phrase kWritten{"您写的内容（可复制）", "What you wrote, to copy"};
constexpr Phrase kCannot{"无法完成", "This did not work"};

struct Entry {
  Place place;
  std::string_view path;
  Phrase words;
};
constexpr Entry kEntries[] = {{Place::incidents, "/incidents", {"事件", "Incidents"}},
                              {Place::on_call, "/on-call", {"值班", "On call"}},
                              {Place::deliveries, "/deliveries", {"通知记录", "Deliveries"}},
                              {Place::figures, "/figures", {"月度统计", "Figures"}}};

std::string menu(const View& view, Place place) {
  const std::optional<Visitor>& visitor = view.visit.visitor;
  std::string out = "<header>\n<nav" + attribute("aria-label", view.say(kMenu)) + "><ul>\n";
  if (visitor)
    for (const Entry& entry : kEntries)
      out += "<li><a href=\"" + std::string(entry.path) + "\"" + (entry.place == place ? " aria-current=\"page\"" : "") + ">" +
             std::string(view.say(entry.words)) + "</a></li>\n";
  out += "<li class=\"who\">";
  if (visitor && !visitor->name.empty())
    out += "<span>" + as_text(actor_name(view.contract(), visitor->name, view.language())) + "</span>";
  if (visitor && visitor->way == Way::session)
    out += form_begin(view, "/logout", "logout").insert(5, " class=\"plain\"") + "<button>" + std::string(view.say(kLogOut)) +
           "</button></form>";
  else if (!view.setup->page.users.empty() && !visitor)
    out += "<a href=\"/login\">" + std::string(view.say(kLogIn)) + "</a>";
  const bool chinese = view.language() == Language::chinese;
  out += "<a" + attribute("href", link_with(view, "lang", chinese ? "en" : "zh")) + " lang=\"" + (chinese ? "en" : "zh-CN") +
         "\">" + std::string(view.say(kOther)) + "</a></li>\n</ul></nav>\n</header>\n";
  return out;
}

std::string leader_banner(const View& view) {
  if (view.leading.leads) return {};
  std::string out = "<p class=\"banner\" role=\"status\">";
  if (view.leading.leader.empty())
    out += view.say(kNobodyLeads);
  else
    out += std::string(view.say(kFollows)) + "<b>" + as_text(view.leading.leader) + "</b>" +
           (view.language() == Language::chinese ? "。" : ". ");
  return out + std::string(view.say(kActsAnyway)) + "</p>\n";
}

}  // namespace

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + as_text(value) + "\"";
}

std::string link_with(const View& view, std::string_view name, std::string_view value) {
  std::string query;
  const auto add = [&](std::string_view key, std::string_view text) {
    query += (query.empty() ? "?" : "&") + percent_encode(key) + "=" + percent_encode(text);
  };
  for (const auto& [key, text] : view.visit.queries)
    if (key != name && key != "done" && !text.empty()) add(key, text);
  if (!value.empty()) add(name, value);
  return view.visit.path + query;
}

std::string frame_begin(const View& view, std::string_view title, Place place, int refresh_seconds) {
  std::string page = std::string("<!DOCTYPE html>\n<html lang=\"") + (view.language() == Language::chinese ? "zh-CN" : "en") +
                     "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
                     "<meta name=\"robots\" content=\"noindex\">\n";
  if (refresh_seconds > 0) page += "<meta http-equiv=\"refresh\" content=\"" + std::to_string(refresh_seconds) + "\">\n";
  page += "<title>" + as_text(title) + " · finwatch</title>\n<style nonce=\"" + view.visit.nonce + "\">";
  page.append(kPageStyle).append(kDeskStyle);
  page += "</style>\n</head>\n<body>\n" + menu(view, place) + "<main>\n" + leader_banner(view);
  return page + "<h1>" + as_text(title) + "</h1>\n";
}

void add_headers(const View& view, WebAnswer& answer) {
  auto& headers = answer.headers;
  headers.emplace_back("Content-Security-Policy", "default-src 'none'; style-src 'nonce-" + view.visit.nonce +
                                                      "'; script-src " + ticking_source() +
                                                      "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  headers.emplace_back("Referrer-Policy", "no-referrer");
  headers.emplace_back("X-Content-Type-Options", "nosniff");
  headers.emplace_back("Cache-Control", "no-store");
  headers.emplace_back("Vary", "Cookie, Accept-Language");
  if (view.visit.chose_language)
    headers.emplace_back("Set-Cookie", "finwatch_lang=" + std::string(view.visit.query("lang")) +
                                           "; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax");
}

WebAnswer json_answer(const View& view, std::string json) {
  WebAnswer answer{.content_type = "application/json", .body = std::move(json += '\n'), .headers = {}};
  add_headers(view, answer);
  return answer;
}

WebAnswer page_answer(const View& view, int code, std::string page) {
  WebAnswer answer{.code = code, .content_type = "text/html; charset=utf-8", .body = std::move(page), .headers = {}};
  answer.body += "</main>\n</body>\n</html>\n";
  add_headers(view, answer);
  return answer;
}

WebAnswer see_other(const View& view, const std::string& target) {
  WebAnswer answer{.code = 303, .body = {}, .headers = {{"Location", target}}};
  add_headers(view, answer);
  return answer;
}

WebAnswer refusal(const View& view, int code, std::string_view message) {
  if (view.visit.is_api()) {
    WebAnswer answer{.code = code,
                     .content_type = "application/json",
                     .body = JsonMembers('{').add("error", json_text(message)).end() + "\n",
                     .headers = {}};
    if (code == 401) answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"finwatch\", charset=\"UTF-8\"");
    add_headers(view, answer);
    return answer;
  }
  std::string page = frame_begin(view, view.say(kCannot), Place::nowhere);
  page += "<p class=\"banner wrong\" role=\"alert\">" + as_text(message) + "</p>\n";
  if (const std::string_view written = view.visit.field("note"); !written.empty())  // it took time to write
    page += "<label for=\"written\">" + std::string(view.say(kWritten)) + "</label><textarea id=\"written\" readonly>" +
            as_text(written) + "</textarea>\n";
  return page_answer(view, code, std::move(page));
}

int status_of(Errc code) {
  switch (code) {
    case Errc::no_data: return 404;
    case Errc::malformed:
    case Errc::config: return 409;
    case Errc::permission: return 403;
    default: return 503;
  }
}

}  // namespace finwatch::notifier
