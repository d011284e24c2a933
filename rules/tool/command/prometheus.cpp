#include "rules/tool/command/prometheus.h"

#include "core/files.h"
#include "core/text.h"

namespace finwatch::rules {
namespace {

Result<Secret> read_secret(const Flags& flags, const FlagSpec& flag) {
  const std::string path(flags.text(flag.name));
  if (path.empty()) return Secret();
  const Result<std::string> text = read_file(path, 64 << 10);
  if (!text) return Error{Errc::config, "--" + std::string(flag.name) + ": " + text.error().message};
  if (trim(*text).empty()) return Error{Errc::config, "--" + std::string(flag.name) + ": " + path + " is empty"};
  return Secret(std::string(trim(*text)));
}

}  // namespace

Result<HttpPrometheus> open_prometheus(const Flags& flags, std::chrono::milliseconds timeout) {
  Result<Secret> password = read_secret(flags, kPasswordFlag);
  if (!password) return password.error();
  Result<Secret> bearer = read_secret(flags, kBearerFlag);
  if (!bearer) return bearer.error();
  const auto text = [&](const FlagSpec& flag) { return std::string(flags.text(flag.name)); };
  if (!password->empty() && text(kUserFlag).empty())
    return {Errc::config, "--prometheus.password-file: whose password? Give --prometheus.user as well"};
  return HttpPrometheus::open({.url = text(kUrlFlag),
                               .user = text(kUserFlag),
                               .password = std::move(*password),
                               .bearer = std::move(*bearer),
                               .ca_file = text(kCaFlag),
                               .timeout = timeout});
}

}  // namespace finwatch::rules
