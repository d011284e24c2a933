// What changes something: POSTs, whose answers come when the engine, or Alertmanager, has spoken.
//
//   act_by_form(deed);      // on the desk's thread; deed.reply is answered once, now or later
#pragma once

#include <memory>
#include <optional>

#include "core/json.h"
#include "notifier/desk/access.h"
#include "notifier/desk/frame.h"
#include "notifier/engine/engine.h"
#include "web/worker.h"

namespace finwatch::notifier {

/// Copied into what waits; the store is used on the desk's thread alone.
struct Deed {
  std::shared_ptr<const Visit> visit;
  std::shared_ptr<const Setup> setup;
  Leading leading;
  Engine* engine = nullptr;
  Attempts* codes = nullptr;
  Worker* calls = nullptr;  // what asks other servers
  const Clock* clock = nullptr;
  Store* store = nullptr;
  bool* store_failed = nullptr;  // of the desk's thread, as the store is
  std::shared_ptr<WebReply> reply;

  View view() const { return {*visit, setup, leading, clock->wall(), store}; }
  void answer(WebAnswer what) const { reply->send(std::move(what)); }
  void refuse(int code, std::string_view message) const { answer(refusal(view(), code, message)); }
  /// The journal did not answer: it is opened anew the next time.
  void store_error(const Error& error) const {
    *store_failed = error.code != Errc::no_data && error.code != Errc::malformed;
    refuse(error);
  }
  void refuse(const Error& error) const { refuse(status_of(error.code), error.message); }
};

/// What was posted to the REST interface: a map of texts.
class Order {
 public:
  explicit Order(Json json) : json_(std::move(json)) {}
  /// Empty when it is not there.
  std::string text(std::string_view name) const;

 private:
  Json json_;
};
/// Nothing when it is refused, which is answered then.
std::optional<Order> read_order(const Deed& deed);

void act_by_form(const Deed& deed);      // POST /incident
void act_by_api(const Deed& deed);       // POST /api/v1/incident/act
void act_by_ticket(const Deed& deed);    // POST /ack
void enter_code(const Deed& deed);       // POST /code
void silence_by_form(const Deed& deed);  // POST /silence
void silence_by_api(const Deed& deed);   // POST /api/v1/silence
void log_out(const Deed& deed);          // POST /logout

/// Where a browser goes after a login: a page of ours, or the list of incidents.
std::string next_page(std::string_view asked);
/// The login form, with what was wrong the last time.
WebAnswer login_form(const View& view, int code, std::string_view wrong);

}  // namespace finwatch::notifier
