// The flags of the commands that ask finwatch-notifier.
#pragma once

#include <string_view>

#include "conf/flags.h"
#include "rules/tool/notifier/client.h"
#include "rules/tool/notifier/language.h"

namespace finwatch::rules {

inline constexpr FlagSpec kNotifierUrlFlag{
    FlagKind::text, "notifier", "",
    "The notifier's address, with its path if it has one. FINWATCH_NOTIFIER when not given, else http://127.0.0.1:19605."};
inline constexpr FlagSpec kNotifierUserFlag{FlagKind::text, "user", "", "Who asks, and acts."};
inline constexpr FlagSpec kNotifierPasswordFlag{FlagKind::text, "password-file", "", "The file with that user's password."};
inline constexpr FlagSpec kNotifierCaFlag{
    FlagKind::text, "ca-file", "",
    "Certificates (PEM) of those who may sign that of the notifier; the system's when not given."};
inline constexpr FlagSpec kNotifierTimeoutFlag{FlagKind::duration, "timeout", "15s", "How long to wait for an answer."};
inline constexpr FlagSpec kNotifierLanguageFlag{FlagKind::text, "language", "", "zh or en; that of the locale when not given."};

/// The flags above behind those of the command.
std::vector<FlagSpec> notifier_flags(std::vector<FlagSpec> own);

/// What the flags above say; the language is known even before anything is asked.
struct NotifierAccess {
  notifier::NotifierClient client;
  notifier::Language language = notifier::Language::en;
};
/// config for flags that contradict each other, and for a file that cannot be read. Asks nothing yet.
Result<NotifierAccess> open_notifier(const Flags& flags);

/// "INC-42" for "INC-42", "inc-42" and "42"; config for what is no number of an incident.
Result<std::string> incident_number(std::string_view text);

/// How wide standard output is when it is a terminal, else 0.
std::size_t terminal_width();

}  // namespace finwatch::rules
