// The variables of an approved template of text messages or calls: short words within the providers' rules.
//
//   const std::vector<std::string> names = {"id", "service", "severity", "time", "code"};
//   phone_variables(message, names, 35);   // {{"id","INC-42"},{"service","凭证录入等18项"},{"severity","严重"},{"time","22:15"},…}
//
// Providers refuse links, what looks like an address (a dot between letters or digits), 【】 and long values; and a variable may not
// be empty. So a dot inside a word is a hyphen, that of a number is said as a word, and what is not known is 无 or "none".
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "notifier/channel/message.h"

namespace finwatch::notifier {

/// One value for each name, in the order of the names; each at most `longest` characters. Of the gravest incident; `service` and
/// `title` say how many there are. A name that is none of id, service, severity, class, time, code, title is 无 or "none".
std::vector<std::pair<std::string, std::string>> phone_variables(const Message& message, std::span<const std::string> names,
                                                                 std::size_t longest);

/// A text within the rules above, as it may stand for a variable.
std::string phone_words(std::string_view text, std::size_t longest, bool chinese);

}  // namespace finwatch::notifier
