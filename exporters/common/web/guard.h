// The web-config.yml in force: who may ask, how often, and with which certificate we answer. Re-read when a file changes.
//
//   std::shared_ptr<const Policy> policy = guard->current();     // nullptr: the file is broken now, so nobody is let in
//   if (!guard->within_rate(*policy)) answer 429
//   switch (guard->check(*policy, header("Authorization"), pending)) …
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment.h"
#include "core/result.h"
#include "web/passwords.h"
#include "web/pending.h"
#include "web/rate_limit.h"
#include "web/tls.h"
#include "web/web_config.h"

namespace finwatch {

/// One reading of the file, with the certificates it names.
struct Policy {
  WebConfig config;
  std::shared_ptr<const TlsSetup> tls;  // nullptr: plain HTTP
};

class Guard {
 public:
  enum class Answer : unsigned char { allowed, refused, asked, busy };

  static Result<std::unique_ptr<Guard>> open(std::string path, const Env& env);

  std::shared_ptr<const Policy> current();
  bool uses_tls() const { return uses_tls_; }
  bool within_rate(const Policy& policy) { return rate_limit_.allow(policy.config.rate_limit, env_.clock->steady()); }
  /// `asked`: a thread works the hash out and then calls pending->checked().
  Answer check(const Policy& policy, std::string_view authorization, const std::shared_ptr<Pending>& pending);

 private:
  /// What tells that a file is not the one that was read.
  struct Stamp {
    std::string path;
    long long seconds = 0, nanoseconds = 0, size = 0;
    unsigned long long inode = 0, device = 0;
    static Stamp of(std::string path);
    bool operator==(const Stamp&) const = default;
  };

  Guard(std::string path, const Env& env) : path_(std::move(path)), env_(env) {}
  Status read();
  bool changed() const;

  const std::string path_;
  const Env env_;
  std::mutex mutex_;
  std::vector<Stamp> stamps_;
  std::shared_ptr<const Policy> policy_;
  bool uses_tls_ = false;
  RateLimiter rate_limit_;
  Passwords passwords_;
};

}  // namespace finwatch
