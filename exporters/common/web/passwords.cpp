#include "web/passwords.h"

#include <crypt.h>
#include <string.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace finwatch {
namespace {

// bcrypt, cost 10, of a password that nobody has: it is hashed for users that do not exist.
const std::string kNobody = "$2b$10$abcdefghijklmnopqrstuu70268Extyxk2v7xyni1FJIzIvoRw8Bi";

const std::string* find_hash(const Users& users, const std::string& user) {
  const auto found = users.find(user);
  return found == users.end() ? nullptr : &found->second;
}

}  // namespace

Result<std::string> bcrypt_of(const std::string& password) {
  constexpr std::size_t kMostBytes = 72;
  if (password.empty()) return {Errc::config, "an empty password protects nothing"};
  if (password.size() > kMostBytes) return {Errc::config, "bcrypt takes 72 bytes of a password; this one is longer"};
  char salt[CRYPT_GENSALT_OUTPUT_SIZE];
  if (::crypt_gensalt_rn("$2b$", 10, nullptr, 0, salt, sizeof salt) == nullptr)
    return {Errc::internal, "the system's libcrypt makes no bcrypt salt"};
  const auto data = std::make_unique<crypt_data>();
  const char* made = ::crypt_r(password.c_str(), salt, data.get());
  if (made == nullptr || made[0] == '*') return {Errc::internal, "the system's libcrypt refuses bcrypt"};
  return std::string(made);
}

bool bcrypt_matches(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();  // 32 KiB: too much for a stack that is not ours
  const char* made = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  const bool matches = made != nullptr && same_secret(made, hash);
  ::explicit_bzero(data.get(), sizeof *data);
  return matches;
}

bool Passwords::Ring::holds(const Digest& digest) const {
  return std::find(digests.begin(), digests.begin() + static_cast<std::ptrdiff_t>(used), digest) !=
         digests.begin() + static_cast<std::ptrdiff_t>(used);
}

void Passwords::Ring::keep(const Digest& digest) {
  if (holds(digest)) return;
  digests[next] = digest;
  next = (next + 1) % kKept;
  used = std::min(used + 1, kKept);
}

Passwords::Passwords() {
  if (::getrandom(key_.data(), key_.size(), 0) != static_cast<ssize_t>(key_.size())) std::abort();
}

// The stored hash is part of the digest: a changed password makes every older answer worthless.
Digest Passwords::digest_of(const Credentials& credentials, std::string_view hash) const {
  return keyed_digest(key_, {credentials.user, credentials.password, hash});
}

Passwords::Verdict Passwords::remembered(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  if (allowed_.holds(digest)) return Verdict::allowed;
  return refused_.holds(digest) ? Verdict::refused : Verdict::unknown;
}

Passwords::Verdict Passwords::look_up(const Credentials& credentials, const Users& users) {
  const std::string* hash = find_hash(users, credentials.user);
  return remembered(digest_of(credentials, hash == nullptr ? std::string_view(kNobody) : std::string_view(*hash)));
}

bool Passwords::work_out(Credentials credentials, const Users& users, std::function<void(bool)> answer) {
  const std::string* known = find_hash(users, credentials.user);
  const bool exists = known != nullptr;
  return worker_.post(
      [this, exists, credentials = std::move(credentials), hash = exists ? *known : kNobody, answer = std::move(answer)] {
        const Digest digest = digest_of(credentials, hash);
        Verdict verdict = remembered(digest);  // others may have asked the same while we waited
        if (verdict == Verdict::unknown) {
          const bool right = bcrypt_matches(credentials.password, hash) && exists;
          const std::lock_guard lock(mutex_);
          (right ? allowed_ : refused_).keep(digest);
          verdict = right ? Verdict::allowed : Verdict::refused;
        }
        answer(verdict == Verdict::allowed);
      });
}

}  // namespace finwatch
