// Are these a user and a password of ours? A bcrypt hash takes tens of milliseconds, so one is worked out at a time, on a
// thread of its own, and the answer is remembered under a keyed digest: neither passwords nor hashes are kept.
//
//   switch (passwords.look_up(credentials, users)) …        // at once
//   passwords.work_out(credentials, users, [](bool allowed) { … });   // when it is `unknown`
//
// An unknown user costs the same hash as a known one, so that the time of an answer tells nothing.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "core/result.h"
#include "web/credentials.h"
#include "web/tls.h"
#include "web/worker.h"

namespace finwatch {

using Users = std::map<std::string, std::string, std::less<>>;

class Passwords {
 public:
  enum class Verdict : unsigned char { allowed, refused, unknown };

  Passwords();
  Verdict look_up(const Credentials& credentials, const Users& users);
  /// False when too many wait already. `answer` is called on the worker's thread.
  bool work_out(Credentials credentials, const Users& users, std::function<void(bool)> answer);

 private:
  static constexpr std::size_t kKept = 64;
  // A ring for each verdict: a flood of wrong passwords cannot push the right ones out.
  struct Ring {
    std::array<Digest, kKept> digests{};
    std::size_t used = 0, next = 0;
    bool holds(const Digest& digest) const;
    void keep(const Digest& digest);
  };
  Digest digest_of(const Credentials& credentials, std::string_view hash) const;
  Verdict remembered(const Digest& digest);

  std::mutex mutex_;
  Digest key_{};
  Ring allowed_;
  Ring refused_;
  Worker worker_{32};
};

/// True when bcrypt of `password` is `hash`. Blocks for as long as the hash's cost says.
bool bcrypt_matches(const std::string& password, const std::string& hash);
/// bcrypt of `password`, cost 10, with a salt of its own. config for an empty one and for more than 72 bytes, which bcrypt cuts off.
Result<std::string> bcrypt_of(const std::string& password);

}  // namespace finwatch
