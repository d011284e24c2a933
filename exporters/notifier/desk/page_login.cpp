// GET /login and what follows it.
#include "notifier/desk/deeds.h"
#include "notifier/desk/pages.h"

namespace finwatch::notifier {
namespace {

constexpr Phrase kTitle{"登录", "Log in"};
constexpr Phrase kUser{"用户名", "User"};
constexpr Phrase kPassword{"密码", "Password"};
constexpr Phrase kCode{"手机收到六位认领码？点这里输入", "Six digits came by phone? Type them here"};
constexpr Phrase kNoUsers{
    "没有配置用户（page.users_file）：页面只能在本机查看，操作请用通知里的链接或六位认领码。",
    "No users are set up (page.users_file): pages are shown on the machine itself only; to act, use the link in a message "
    "or its six digits."};

}  // namespace

std::string next_page(std::string_view asked) {
  const bool ours =
      asked.starts_with('/') && !asked.starts_with("//") && asked.find_first_of("\\\r\n\t") == std::string_view::npos;
  return ours && asked.size() <= 1024 ? std::string(asked) : "/incidents";
}

WebAnswer login_form(const View& view, int code, std::string_view wrong) {
  std::string page = frame_begin(view, view.say(kTitle), Place::nowhere);
  page += "<div class=\"narrow\">\n";
  if (!wrong.empty()) page += "<p class=\"banner wrong\" role=\"alert\">" + as_text(wrong) + "</p>\n";
  if (view.setup->page.users.empty()) {
    page += "<p class=\"banner\">" + std::string(view.say(kNoUsers)) + "</p>\n";
  } else {
    std::string_view next = view.visit.query("next");
    if (next.empty()) next = view.visit.field("next");
    page += "<form method=\"post\" action=\"/login\">" + hidden("next", next_page(next)) + "<label for=\"user\">" +
            std::string(view.say(kUser)) +
            "</label><input id=\"user\" name=\"user\" autocomplete=\"username\" autocapitalize=\"none\" required "
            "maxlength=\"200\"" +
            attribute("value", view.visit.field("user")) + "><label for=\"password\">" + std::string(view.say(kPassword)) +
            "</label><input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required "
            "maxlength=\"200\"><button class=\"first big\">" +
            std::string(view.say(kTitle)) + "</button></form>\n";
  }
  page += "<p><a href=\"/code\">" + std::string(view.say(kCode)) + "</a></p>\n</div>\n";
  return page_answer(view, code, std::move(page));
}

Result<WebAnswer> login_page(View& view) {
  if (view.visit.visitor && view.visit.visitor->way != Way::machine)
    return see_other(view, next_page(view.visit.query("next")));
  return login_form(view, 200, {});
}

void log_out(const Deed& deed) {
  const View view = deed.view();
  if (!form_is_ours(view.visit, *deed.setup, "logout")) return deed.refuse(403, view.say(kStale));
  WebAnswer answer = see_other(view, "/login");
  answer.headers.emplace_back("Set-Cookie", end_session(*deed.setup));
  deed.answer(std::move(answer));
}

}  // namespace finwatch::notifier
