#include "notifier/desk/desk.h"

#include "notifier/desk/api.h"
#include "notifier/desk/deeds.h"
#include "notifier/desk/intake.h"
#include "notifier/desk/pages.h"
#include "web/query.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostForm = std::size_t{64} << 10;
constexpr std::size_t kMostWaiting = 128;
constexpr std::size_t kMostCalls = 8;

constexpr Phrase kNoAccess{"没有权限：请登录。", "You may not see this: log in."};
constexpr Phrase kWrongPassword{"用户名或密码不对。", "The user or the password is wrong."};
constexpr Phrase kTooOften{"错误次数过多，请 10 分钟后再试。", "Too many wrong passwords: come back in ten minutes."};
constexpr Phrase kBusy{"系统繁忙，请稍后再试。", "Too much is asked at once: try again in a moment."};
constexpr Phrase kNotReady{"事件库暂时无法读取：", "The journal cannot be read now: "};
constexpr Phrase kForeign{"请求不是从本站页面发出的。", "This request comes from a page that is not ours."};
constexpr Phrase kBadEscape{"地址或表单里有错误的 % 转义。", "The address or the form has a broken %-escape."};

/// Who may come through a door.
enum class Needs : unsigned char { nothing, viewer, ours };  // ours: viewers alone, and only from our own pages

/// What does without the journal works while it cannot be read.
enum class Reads : unsigned char { nothing, journal };

struct Door {
  Route::Verb verb;
  std::string_view path;
  Needs needs;
  Reads reads;
  Result<WebAnswer> (*page)(View&);
  void (*deed)(const Deed&);
  std::string_view summary = {}, summary_zh = {};
};

constexpr auto kGet = Route::Verb::get;
constexpr auto kPost = Route::Verb::post;
constexpr Door kDoors[] = {
    {kGet, "/incidents", Needs::viewer, Reads::journal, incidents_page, nullptr, "Incidents and their clocks",
     "事件与服务时限"},
    {kGet, "/incidents.csv", Needs::viewer, Reads::journal, incidents_csv, nullptr},
    {kGet, "/incident", Needs::viewer, Reads::journal, incident_page, nullptr},
    {kPost, "/incident", Needs::ours, Reads::nothing, nullptr, act_by_form},
    {kPost, "/silence", Needs::ours, Reads::journal, nullptr, silence_by_form},
    {kGet, "/ack", Needs::nothing, Reads::journal, ack_page, nullptr},
    {kPost, "/ack", Needs::nothing, Reads::nothing, nullptr, act_by_ticket},
    {kGet, "/code", Needs::nothing, Reads::nothing, code_page, nullptr, "Act on an incident by six digits",
     "用六位认领码处理事件"},
    {kPost, "/code", Needs::nothing, Reads::journal, nullptr, enter_code},
    {kGet, "/on-call", Needs::viewer, Reads::nothing, on_call_page, nullptr, "Who is on call", "值班与排班表"},
    {kGet, "/deliveries", Needs::viewer, Reads::journal, deliveries_page, nullptr, "What was said, and whether it arrived",
     "通知记录"},
    {kGet, "/deliveries.csv", Needs::viewer, Reads::journal, deliveries_csv, nullptr},
    {kGet, "/figures", Needs::viewer, Reads::journal, figures_page, nullptr, "The figures of a month", "月度统计"},
    {kGet, "/figures.csv", Needs::viewer, Reads::journal, figures_csv, nullptr},
    {kGet, "/login", Needs::nothing, Reads::nothing, login_page, nullptr},
    {kPost, "/logout", Needs::ours, Reads::nothing, nullptr, log_out},
    {kGet, "/api/v1/incidents", Needs::viewer, Reads::journal, incidents_api, nullptr},
    {kGet, "/api/v1/incident", Needs::viewer, Reads::journal, incident_api, nullptr},
    {kPost, "/api/v1/incident/act", Needs::ours, Reads::nothing, nullptr, act_by_api},
    {kGet, "/api/v1/on-call", Needs::viewer, Reads::nothing, on_call_api, nullptr},
    {kGet, "/api/v1/deliveries", Needs::viewer, Reads::journal, deliveries_api, nullptr},
    {kGet, "/api/v1/figures", Needs::viewer, Reads::journal, figures_api, nullptr},
    {kPost, "/api/v1/silence", Needs::ours, Reads::journal, nullptr, silence_by_api},
    {kGet, "/api/v1/openapi.json", Needs::nothing, Reads::nothing, openapi_api, nullptr, "OpenAPI of the REST interface",
     "REST 接口说明（OpenAPI）"},
};

}  // namespace

struct Desk::Body {
  Body(Engine& its_engine, OpenReader reader, const Env& its_env)
      : engine(its_engine), open_reader(std::move(reader)), env(its_env), logins(its_env) {}

  Deed deed_of(Visit visit, std::shared_ptr<const Setup> setup, WebReply reply);
  void enter(const Door& door, const WebRequest& request, WebReply reply);
  void log_in(const WebRequest& request, WebReply reply);
  void pass(const Door& door, const Deed& deed);
  void work(const Door& door, Deed deed);
  Status open_store();

  Engine& engine;
  const OpenReader open_reader;
  const Env env;
  Attempts codes{10, std::chrono::minutes{10}};
  std::unique_ptr<Store> store;  // of the thread of `worker`
  // They end from the last to the first, and each gives work only to those above it.
  Worker calls{kMostCalls};
  Worker worker{kMostWaiting};
  Logins logins;
};

Deed Desk::Body::deed_of(Visit visit, std::shared_ptr<const Setup> setup, WebReply reply) {
  Deed deed;
  deed.visit = std::make_shared<const Visit>(std::move(visit));
  deed.setup = std::move(setup);
  deed.engine = &engine;
  deed.codes = &codes;
  deed.calls = &calls;
  deed.clock = env.clock;
  deed.reply = std::make_shared<WebReply>(std::move(reply));
  return deed;
}

void Desk::Body::enter(const Door& door, const WebRequest& request, WebReply reply) {
  Visit visit = read_visit(request, door.verb);
  const std::shared_ptr<const Setup> setup = engine.setup();
  visit.visitor = recognise(visit, *setup, env.clock->wall());
  // A form of a stranger's page brings certificates and cookies along, never a password that a program sent.
  if (visit.is_api() && door.verb == kPost && visit.visitor && visit.visitor->way == Way::session) visit.visitor.reset();
  const std::optional<Credentials> credentials =
      visit.is_api() && door.needs != Needs::nothing ? parse_basic_auth(visit.authorization) : std::nullopt;
  const bool asks_password = credentials && (!visit.visitor || visit.visitor->way == Way::machine);
  const std::string peer = visit.peer;
  const Deed deed = deed_of(std::move(visit), setup, std::move(reply));
  if (deed.visit->malformed) return deed.refuse(400, deed.view().say(kBadEscape));
  if (!asks_password) return pass(door, deed);
  logins.check(*credentials, peer, setup, [this, &door, deed](PasswordAnswer answer, std::optional<Visitor> found) {
    const View view = deed.view();
    if (answer == PasswordAnswer::busy) return deed.refuse(503, view.say(kBusy));
    if (answer == PasswordAnswer::too_often) return deed.refuse(403, view.say(kTooOften));
    if (answer == PasswordAnswer::wrong) return deed.refuse(401, view.say(kWrongPassword));
    Deed known = deed;
    Visit visit_known = *deed.visit;
    visit_known.visitor = std::move(found);
    known.visit = std::make_shared<const Visit>(std::move(visit_known));
    pass(door, known);
  });
}

// On any thread: is this visitor let in? Then the desk's own thread goes on.
void Desk::Body::pass(const Door& door, const Deed& deed) {
  const View view = deed.view();
  if (door.verb == kPost && !comes_from_us(view.visit, *deed.setup)) return deed.refuse(403, view.say(kForeign));
  if (door.needs != Needs::nothing && !view.visit.visitor) {
    if (view.visit.is_api()) return deed.refuse(401, view.say(kNoAccess));
    const std::string next = door.verb == kGet ? link_with(view, "", "") : std::string("/incidents");
    return deed.answer(see_other(view, "/login?next=" + percent_encode(next)));
  }
  if (!worker.post([this, &door, deed] { work(door, deed); })) deed.refuse(503, view.say(kBusy));
}

Status Desk::Body::open_store() {
  if (store != nullptr) return ok();
  Result<std::unique_ptr<Store>> opened = open_reader();
  if (!opened) return opened.error();
  store = std::move(*opened);
  return ok();
}

void Desk::Body::work(const Door& door, Deed deed) {
  Figures figures = engine.figures();
  deed.leading = {figures.leads, std::move(figures.leader)};
  if (const Status opened = open_store(); !opened && door.reads == Reads::journal)
    return deed.refuse(503, std::string(deed.view().say(kNotReady)) + opened.error().message);
  deed.store = store.get();
  bool store_failed = false;
  deed.store_failed = &store_failed;
  if (door.deed != nullptr) {
    door.deed(deed);
    if (store_failed) store.reset();
    return;
  }
  View view = deed.view();
  Result<WebAnswer> answer = door.page(view);
  if (answer) return deed.answer(std::move(*answer));
  const Error& error = answer.error();
  if (error.code == Errc::malformed) return deed.refuse(400, error.message);
  if (error.code == Errc::no_data) return deed.refuse(404, error.message);
  store.reset();  // the next request opens it anew
  env.log->warn("the journal could not be read", {{"path", view.visit.path}, {"error", error.message}});
  deed.refuse(503, std::string(view.say(kNotReady)) + error.message);
}

void Desk::Body::log_in(const WebRequest& request, WebReply reply) {
  const Deed deed = deed_of(read_visit(request, kPost), engine.setup(), std::move(reply));
  const View view = deed.view();
  if (!comes_from_us(view.visit, *deed.setup)) return deed.refuse(403, view.say(kForeign));
  Credentials given{std::string(view.visit.field("user")), std::string(view.visit.field("password"))};
  logins.check(std::move(given), view.visit.peer, deed.setup,
               [deed](PasswordAnswer answer, const std::optional<Visitor>& found) {
                 const View then = deed.view();
                 if (answer == PasswordAnswer::busy) return deed.answer(login_form(then, 503, then.say(kBusy)));
                 if (answer == PasswordAnswer::too_often) return deed.answer(login_form(then, 429, then.say(kTooOften)));
                 const User* user = found ? find_user(*deed.setup, found->name) : nullptr;
                 if (user == nullptr) return deed.answer(login_form(then, 403, then.say(kWrongPassword)));
                 WebAnswer let_in = see_other(then, next_page(then.visit.field("next")));
                 let_in.headers.emplace_back("Set-Cookie", begin_session(*deed.setup, *user, then.now));
                 deed.answer(std::move(let_in));
               });
}

Desk::Desk(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Desk::~Desk() = default;

Result<std::unique_ptr<Desk>> Desk::open(Engine& engine, OpenReader open_reader, const Env& env) {
  auto body = std::make_unique<Body>(engine, std::move(open_reader), env);
  if (const Status opened = body->open_store(); !opened)
    if (opened.error().code == Errc::config || opened.error().code == Errc::permission) return opened.error();
  return std::unique_ptr<Desk>(new Desk(std::move(body)));
}

std::vector<Route> Desk::routes() {
  std::vector<Route> routes;
  Body& body = *body_;
  routes.push_back(
      {.verb = kPost,
       .path = "/alertmanager",
       .summary = {},
       .most_body = kMostWebhook,
       .handler = [&body](const WebRequest& request, WebReply reply) { take_in(request, std::move(reply), body.engine); }});
  routes.push_back({.verb = kPost,
                    .path = "/login",
                    .summary = {},
                    .most_body = kMostForm,
                    .handler = [&body](const WebRequest& request, WebReply reply) { body.log_in(request, std::move(reply)); }});
  for (const Door& door : kDoors)
    routes.push_back({.verb = door.verb,
                      .path = std::string(door.path),
                      .summary = std::string(door.summary),
                      .summary_zh = std::string(door.summary_zh),
                      .most_body = door.verb == kPost ? kMostForm : 0,
                      .handler = [&body, &door](const WebRequest& request, WebReply reply) {
                        body.enter(door, request, std::move(reply));
                      }});
  return routes;
}

}  // namespace finwatch::notifier
