#include "web/guard.h"

#include <sys/stat.h>

namespace finwatch {

Guard::Stamp Guard::Stamp::of(std::string path) {
  Stamp stamp{.path = std::move(path)};
  struct stat status {};
  if (::stat(stamp.path.c_str(), &status) != 0) return stamp;
  stamp.seconds = status.st_mtim.tv_sec;
  stamp.nanoseconds = status.st_mtim.tv_nsec;
  stamp.size = status.st_size;
  stamp.inode = status.st_ino;
  stamp.device = status.st_dev;
  return stamp;
}

Result<std::unique_ptr<Guard>> Guard::open(std::string path, const Env& env) {
  std::unique_ptr<Guard> guard(new Guard(std::move(path), env));
  if (const Status first = guard->read(); !first) return first.error();
  guard->uses_tls_ = guard->policy_->tls != nullptr;
  return guard;
}

bool Guard::changed() const {
  for (const Stamp& stamp : stamps_)
    if (!(Stamp::of(stamp.path) == stamp)) return true;
  return false;
}

// The stamps are taken before the files are read: a file that changes in between is read again next time.
Status Guard::read() {
  stamps_.assign(1, Stamp::of(path_));
  policy_.reset();
  Result<WebConfig> config = load_web_config(path_);
  if (!config) return config.error();
  for (const PemSource* source : {&config->tls.certificate, &config->tls.key, &config->tls.client_authority})
    if (!source->file.empty()) stamps_.push_back(Stamp::of(source->file));
  auto policy = std::make_shared<Policy>(Policy{.config = std::move(*config), .tls = nullptr});
  if (policy->config.tls.enabled) {
    auto tls = TlsSetup::make(policy->config.tls);
    if (!tls) return {tls.error().code, path_ + ": " + tls.error().message};
    policy->tls = std::move(*tls);
  }
  policy_ = std::move(policy);
  return ok();
}

std::shared_ptr<const Policy> Guard::current() {
  const std::lock_guard lock(mutex_);
  if (!changed()) return policy_;
  const Status status = read();
  if (status && (policy_->tls != nullptr) != uses_tls_) {
    policy_.reset();
    env_.log->error("web configuration refused: TLS was switched on or off, which needs a restart", {{"file", path_}});
  } else if (!status) {
    env_.log->error("web configuration refused, nobody is let in", {{"error", status.error().message}});
  } else {
    env_.log->info("web configuration read again", {{"file", path_}});
  }
  return policy_;
}

Guard::Answer Guard::check(const Policy& policy, std::string_view authorization, const std::shared_ptr<Pending>& pending) {
  auto credentials = parse_basic_auth(authorization);
  if (!credentials) return Answer::refused;
  const Passwords::Verdict verdict = passwords_.look_up(*credentials, policy.config.users);
  if (verdict != Passwords::Verdict::unknown) return verdict == Passwords::Verdict::allowed ? Answer::allowed : Answer::refused;
  pending->open();
  const bool asked =
      passwords_.work_out(std::move(*credentials), policy.config.users, [pending](bool allowed) { pending->checked(allowed); });
  return asked ? Answer::asked : Answer::busy;
}

}  // namespace finwatch
