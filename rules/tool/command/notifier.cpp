#include "rules/tool/command/notifier.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "core/files.h"
#include "core/text.h"

namespace finwatch::rules {
namespace {

using notifier::Language;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

Result<Language> language_of(std::string_view given) {
  if (given == "zh") return Language::zh;
  if (given == "en") return Language::en;
  if (!given.empty()) return Error{Errc::config, "--language: expected zh or en, found '" + valid_utf8(given) + "'"};
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const std::string locale = environment(name); !locale.empty())
      return locale.starts_with("zh") ? Language::zh : Language::en;
  return Language::en;
}

Result<Secret> read_password(const std::string& path) {
  if (path.empty()) return Secret();
  Result<std::string> text = read_file(path, 64 << 10);
  if (!text) return Error{Errc::config, "--password-file: " + text.error().message};
  if (trim(*text).empty()) return Error{Errc::config, "--password-file: " + path + " is empty"};
  return Secret(std::string(trim(*text)));
}

}  // namespace

std::vector<FlagSpec> notifier_flags(std::vector<FlagSpec> own) {
  for (const FlagSpec& flag : {kNotifierUrlFlag, kNotifierUserFlag, kNotifierPasswordFlag, kNotifierCaFlag,
                               kNotifierLanguageFlag, kNotifierTimeoutFlag})
    own.push_back(flag);
  return own;
}

Result<NotifierAccess> open_notifier(const Flags& flags) {
  const auto text = [&](const FlagSpec& flag) { return std::string(flags.text(flag.name)); };
  const Result<Language> language = language_of(text(kNotifierLanguageFlag));
  if (!language) return language.error();
  Result<Secret> password = read_password(text(kNotifierPasswordFlag));
  if (!password) return password.error();
  const std::string user = text(kNotifierUserFlag);
  if (user.empty() != password->empty())
    return {Errc::config, user.empty() ? "--password-file: whose password? Give --user as well"
                                       : "--user: expected --password-file as well, the file with the password"};
  std::string url = text(kNotifierUrlFlag);
  if (url.empty()) url = environment("FINWATCH_NOTIFIER");
  if (url.empty()) url = notifier::NotifierOptions().url;
  Result<notifier::NotifierClient> client = notifier::NotifierClient::open(
      {.url = std::move(url),
       .user = user,
       .password = std::move(*password),
       .ca_file = text(kNotifierCaFlag),
       .language = *language == Language::zh ? "zh" : "en",
       .timeout = std::chrono::ceil<std::chrono::milliseconds>(flags.duration(kNotifierTimeoutFlag.name))});
  if (!client) return client.error();
  return NotifierAccess{.client = std::move(*client), .language = *language};
}

Result<std::string> incident_number(std::string_view text) {
  const std::string_view digits = lower_case(text.substr(0, 4)) == "inc-" ? text.substr(4) : text;
  const auto number = to_number<long long>(digits);
  if (!number || *number < 1)
    return {Errc::config, "expected the number of an incident such as INC-42, found '" + valid_utf8(text) + "'"};
  return "INC-" + std::to_string(*number);
}

std::size_t terminal_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace finwatch::rules
