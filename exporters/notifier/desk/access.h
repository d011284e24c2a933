// Who may do what at the desk: passwords, sessions, client certificates, and what ties a form to the one it was made for.
//
//   std::optional<Visitor> visitor = recognise(visit, setup, now);       // session, certificate, or this machine
//   logins.check(credentials, peer, setup, [](PasswordAnswer answer, std::optional<Visitor> found) { … });
//   if (!form_is_ours(visit, setup, "act")) …
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/environment.h"
#include "notifier/desk/visit.h"
#include "notifier/incident/action.h"
#include "web/passwords.h"

namespace finwatch::notifier {

/// After so many failures within the time, closed for that time.
class Attempts {
 public:
  Attempts(int most, std::chrono::nanoseconds window) : most_(most), window_(window) {}
  bool closed(const std::string& who, SteadyTime now);
  void failed(const std::string& who, SteadyTime now);
  void forget(const std::string& who);

 private:
  struct Count {
    int failures = 0;
    SteadyTime since{};
  };
  void drop_old(SteadyTime now);

  const int most_;
  const std::chrono::nanoseconds window_;
  std::mutex mutex_;
  std::map<std::string, Count> counts_;
};

/// Without a password: by a client certificate, by the cookie of a session, or, where there are no users, because the request comes
/// from this machine.
std::optional<Visitor> recognise(const Visit& visit, const Setup& setup, WallTime now);

/// The value of Set-Cookie that begins the session of a user, and the one that ends it.
std::string begin_session(const Setup& setup, const User& user, WallTime now);
std::string end_session(const Setup& setup);
const User* find_user(const Setup& setup, std::string_view name);

/// What a form carries, and whether a POST brings it and comes from a page of ours.
std::string form_token(const Setup& setup, const Visitor& visitor, std::string_view purpose);
bool form_is_ours(const Visit& visit, const Setup& setup, std::string_view purpose);
/// As far as the browser says where it comes from.
bool comes_from_us(const Visit& visit, const Setup& setup);

enum class PasswordAnswer : unsigned char { right, wrong, too_often, busy };

/// Passwords of people, hashed on a thread of their own; who guesses is shut out after ten wrong ones for ten minutes.
class Logins {
 public:
  explicit Logins(const Env& env) : env_(env) {}
  using Answer = std::function<void(PasswordAnswer, std::optional<Visitor>)>;
  /// `answer` may be called at once, or on the thread that hashes.
  void check(Credentials credentials, const std::string& peer, const std::shared_ptr<const Setup>& setup, const Answer& answer);

 private:
  const Env env_;
  Attempts attempts_{10, std::chrono::minutes{10}};
  Passwords passwords_;
};

/// A viewer nothing, a responder what one does with an incident of one's own, an admin everything.
bool may(const Visitor& visitor, ActionKind kind, std::string_view target);
bool may_change(const Visitor& visitor);

}  // namespace finwatch::notifier
