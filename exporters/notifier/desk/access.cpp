#include "notifier/desk/access.h"

#include <algorithm>

#include "core/base64.h"
#include "core/text.h"
#include "crypto/crypto.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kSessionCookie = "finwatch_session";
constexpr std::size_t kMostCounted = 4096;

std::string signature(const Setup& setup, std::string_view purpose, std::string_view text) {
  const auto mac = hmac(Hash::sha256, setup.page.key.reveal(), std::string(purpose) + "\n" + std::string(text));
  return mac ? to_base64url(*mac) : std::string();
}

std::string signed_part(std::string_view name, Role role, long long until) {
  return to_base64url(name) + "." + std::to_string(static_cast<int>(role)) + "." + std::to_string(until);
}

// The hash of the password is signed too: a new password ends every session.
std::string session_signature(const Setup& setup, const User& user, std::string_view part) {
  return signature(setup, "session", std::string(part) + "\n" + user.password);
}

std::optional<Visitor> by_session(std::string_view cookie, const Setup& setup, WallTime now) {
  const std::size_t dot = cookie.rfind('.');
  if (dot == std::string_view::npos || cookie.size() > 1024) return std::nullopt;
  const std::string_view part = cookie.substr(0, dot);
  FieldReader fields(part, '.');
  const auto name = from_base64(fields.next());
  const auto role = fields.next_number<int>();
  const auto until = fields.next_number<long long>();
  const User* user = name ? find_user(setup, *name) : nullptr;
  if (user == nullptr || !role || !until || !fields.rest().empty()) return std::nullopt;
  if (!same_secret(session_signature(setup, *user, part), cookie.substr(dot + 1))) return std::nullopt;
  if (*role != static_cast<int>(user->role) || now >= WallTime(std::chrono::seconds(*until))) return std::nullopt;
  return Visitor{.name = user->name, .role = user->role, .way = Way::session, .session = std::string(cookie)};
}

std::optional<Visitor> by_certificate(const std::vector<std::string>& names, const Setup& setup) {
  for (const std::string& name : names)
    if (const auto found = setup.page.certificates.find(name); found != setup.page.certificates.end())
      return Visitor{.name = name, .role = found->second, .way = Way::certificate, .session = "certificate " + name};
  return std::nullopt;
}

std::string attributes(const Setup& setup) {
  return std::string("; Path=/; HttpOnly; SameSite=Strict") + (setup.page.address.starts_with("https:") ? "; Secure" : "");
}

std::string_view host_of(std::string_view address) {
  const std::size_t begin = address.find("://");
  if (begin == std::string_view::npos) return {};
  address.remove_prefix(begin + 3);
  return address.substr(0, address.find('/'));
}

}  // namespace

const User* find_user(const Setup& setup, std::string_view name) {
  const auto& users = setup.page.users;
  const auto found = std::find_if(users.begin(), users.end(), [&](const User& user) { return user.name == name; });
  return found == users.end() ? nullptr : &*found;
}

void Attempts::drop_old(SteadyTime now) {
  std::erase_if(counts_, [&](const auto& each) { return now - each.second.since >= window_; });
}

bool Attempts::closed(const std::string& who, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  drop_old(now);
  const auto found = counts_.find(who);
  return found != counts_.end() && found->second.failures >= most_;
}

void Attempts::failed(const std::string& who, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  drop_old(now);
  if (counts_.size() >= kMostCounted) counts_.erase(counts_.begin());
  Count& count = counts_[who];
  if (count.failures == 0) count.since = now;
  if (++count.failures == most_) count.since = now;  // closed for the whole window from here
}

void Attempts::forget(const std::string& who) {
  const std::lock_guard lock(mutex_);
  counts_.erase(who);
}

std::optional<Visitor> recognise(const Visit& visit, const Setup& setup, WallTime now) {
  if (auto found = by_certificate(visit.names, setup)) return found;
  if (auto found = by_session(visit.cookie(kSessionCookie), setup, now)) return found;
  if (setup.page.users.empty() && visit.is_from_this_machine()) return Visitor{.session = "machine"};
  return std::nullopt;
}

void Logins::check(Credentials credentials, const std::string& peer, const std::shared_ptr<const Setup>& setup,
                   const Answer& answer) {
  const std::string who = credentials.user + "\n" + peer;
  if (attempts_.closed(who, env_.clock->steady())) return answer(PasswordAnswer::too_often, std::nullopt);
  Users users;
  for (const User& user : setup->page.users) users.emplace(user.name, user.password);
  const auto told = [this, who, name = credentials.user, setup, answer](bool allowed) {
    const User* user = allowed ? find_user(*setup, name) : nullptr;
    if (user == nullptr) {
      attempts_.failed(who, env_.clock->steady());
      return answer(PasswordAnswer::wrong, std::nullopt);
    }
    attempts_.forget(who);
    answer(PasswordAnswer::right,
           Visitor{.name = user->name, .role = user->role, .way = Way::password, .session = "password " + user->name});
  };
  const Passwords::Verdict verdict = passwords_.look_up(credentials, users);
  if (verdict != Passwords::Verdict::unknown) return told(verdict == Passwords::Verdict::allowed);
  if (!passwords_.work_out(std::move(credentials), users, told)) answer(PasswordAnswer::busy, std::nullopt);
}

std::string begin_session(const Setup& setup, const User& user, WallTime now) {
  const auto until = std::chrono::floor<std::chrono::seconds>((now + setup.page.session).time_since_epoch()).count();
  const std::string part = signed_part(user.name, user.role, until);
  return std::string(kSessionCookie) + "=" + part + "." + session_signature(setup, user, part) +
         "; Max-Age=" + std::to_string(setup.page.session.count()) + attributes(setup);
}

std::string end_session(const Setup& setup) { return std::string(kSessionCookie) + "=; Max-Age=0" + attributes(setup); }

std::string form_token(const Setup& setup, const Visitor& visitor, std::string_view purpose) {
  return signature(setup, "form", std::string(purpose) + "\n" + visitor.session);
}

bool form_is_ours(const Visit& visit, const Setup& setup, std::string_view purpose) {
  return visit.visitor && comes_from_us(visit, setup) &&
         same_secret(form_token(setup, *visit.visitor, purpose), visit.field("token"));
}

// Our pages send no referrer, and then browsers send "Origin: null" with our own forms: it says nothing either way.
bool comes_from_us(const Visit& visit, const Setup& setup) {
  if (!visit.fetch_site.empty()) return visit.fetch_site == "same-origin" || visit.fetch_site == "none";
  if (visit.origin.empty() || visit.origin == "null") return true;
  return host_of(visit.origin) == visit.host || host_of(visit.origin) == lower_case(host_of(setup.page.address));
}

bool may_change(const Visitor& visitor) { return visitor.way != Way::machine && visitor.role != Role::viewer; }

bool may(const Visitor& visitor, ActionKind kind, std::string_view target) {
  if (!may_change(visitor)) return false;
  if (visitor.role == Role::admin) return true;
  switch (kind) {
    case ActionKind::close:
    case ActionKind::false_alarm:
    case ActionKind::merge: return false;
    case ActionKind::assign: return target == visitor.name;
    default: return true;
  }
}

}  // namespace finwatch::notifier
