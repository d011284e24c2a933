// Asks the desk as the web server would, and waits for its answer.
//
//   DeskFixture fixture;
//   const WebAnswer answer = fixture.get("/incidents", {.cookie = fixture.log_in("admin")});
//   CHECK(answer.code == 200);
#pragma once

#include <future>
#include <map>
#include <stdexcept>

#include "desk_night.h"
#include "notifier/desk/ticking.h"
#include "support/catch.h"
#include "web/pending.h"
#include "web/query.h"

namespace finwatch::notifier::desk_test {

/// A page without the one script that it may have.
inline std::string without_ticking(std::string page) {
  if (const std::size_t at = page.find(ticking_script()); at != std::string::npos) page.erase(at, ticking_script().size());
  return page;
}

struct Asking {
  std::string body = {}, type = "application/x-www-form-urlencoded", cookie = {}, authorization = {}, host = "127.0.0.1:19605";
  std::string peer = "192.0.2.7";
  std::vector<std::string> names = {};
  std::map<std::string, std::string> more = {};  // headers
};

class AskedRequest final : public WebRequest {
 public:
  AskedRequest(std::string_view target, const Asking& asking) : asking_(asking) {
    const RequestTarget parts = split_target(target);
    path_ = parts.path;
    query_ = parts.query;
  }
  std::string_view path() const override { return path_; }
  std::string_view query() const override { return query_; }
  std::string_view body() const override { return asking_.body; }
  std::string_view header(const char* name) const override {
    const std::string_view wanted(name);
    if (wanted == "Content-Type") return asking_.body.empty() ? std::string_view() : asking_.type;
    if (wanted == "Cookie") return asking_.cookie;
    if (wanted == "Authorization") return asking_.authorization;
    if (wanted == "Host") return asking_.host;
    const auto found = asking_.more.find(std::string(wanted));
    return found == asking_.more.end() ? std::string_view() : found->second;
  }
  std::vector<std::string> client_names() const override { return asking_.names; }
  std::string peer() const override { return asking_.peer; }

 private:
  const Asking& asking_;
  std::string path_, query_;
};

class AnswerKeeper final : public WebReply::Receiver {
 public:
  void receive(WebAnswer answer) noexcept override { promise_.set_value(std::move(answer)); }
  WebAnswer wait() {
    auto future = promise_.get_future();
    if (future.wait_for(std::chrono::seconds{30}) != std::future_status::ready)
      throw std::runtime_error("the desk does not answer");
    return future.get();
  }

 private:
  std::promise<WebAnswer> promise_;
};

inline std::string header_of(const WebAnswer& answer, std::string_view name, std::string_view begins = {}) {
  for (const auto& [key, value] : answer.headers)
    if (key == name && value.starts_with(begins)) return value;
  return {};
}

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The value of the first form field of that name behind `behind`.
inline std::string field_of(const std::string& page, const std::string& name, std::string_view behind = "<form") {
  const std::string mark = "name=\"" + name + "\" value=\"";
  const std::size_t at = page.find(mark, page.find(behind));
  if (at == std::string::npos) return {};
  return page.substr(at + mark.size(), page.find('"', at + mark.size()) - at - mark.size());
}

struct DeskFixture {
  DeskFixture() {
    env.clock = &night.clock;
    auto opened = Desk::open(
        night.engine,
        [this]() -> Result<std::unique_ptr<Store>> {
          if (!opens) return opens.error();
          return open_fake(night.journal);
        },
        env);
    if (!opened) throw std::runtime_error(opened.error().message);
    desk = std::move(*opened);
    routes = desk->routes();
  }

  WebAnswer ask(Route::Verb verb, const std::string& target, const Asking& asking) {
    const std::string path(split_target(target).path);
    for (const Route& route : routes) {
      if (route.path != path || route.verb != verb) continue;
      const auto keeper = std::make_shared<AnswerKeeper>();
      route.handler(AskedRequest(target, asking), WebReply(keeper));
      return keeper->wait();
    }
    throw std::runtime_error("no route " + target);
  }
  WebAnswer get(const std::string& target, const Asking& asking = {}) { return ask(Route::Verb::get, target, asking); }
  WebAnswer post(const std::string& target, const Asking& asking = {}) { return ask(Route::Verb::post, target, asking); }

  /// The cookie of a new session.
  std::string log_in(const std::string& user) {
    const WebAnswer answer = post("/login", {.body = "user=" + user + "&password=correct+horse"});
    const std::string cookie = header_of(answer, "Set-Cookie", "finwatch_session=");
    return cookie.substr(0, cookie.find(';'));
  }
  std::string token(const std::string& cookie, const std::string& page = "/incident?id=INC-42") {
    return field_of(get(page, {.cookie = cookie}).body, "token", "action=\"/incident\"");
  }

  Night night;
  finwatch::Env env;
  Status opens = ok();
  std::unique_ptr<Desk> desk;
  std::vector<Route> routes;
};

// "Basic …" of a user and "correct horse".
inline const std::string kAdmin = "Basic YWRtaW46Y29ycmVjdCBob3JzZQ==";
inline const std::string kResponder = "Basic emhhbmcud2VpOmNvcnJlY3QgaG9yc2U=";
inline const std::string kViewer = "Basic YXVkaXRvcjpjb3JyZWN0IGhvcnNl";

}  // namespace finwatch::notifier::desk_test
