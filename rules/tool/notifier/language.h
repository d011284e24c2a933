// Chinese or English, and the notifier's names in it.
//
//   say(Language::zh, "事件", "incident");
//   state_word("acknowledged", Language::zh);          // "已认领"
//   channel_word("sms", Language::en);                 // "sms"
//
// A name that we do not know is shown as it came.
#pragma once

#include <string>
#include <string_view>

#include "conf/both_languages.h"

namespace finwatch::rules::notifier {

enum class Language : unsigned char { zh, en };

constexpr std::string_view say(Language language, std::string_view zh, std::string_view en) {
  return language == Language::zh ? zh : en;
}
/// The other language where one is empty.
const std::string& say(Language language, const Words& words);

/// Of incidents, and of what the timeline calls an entry.
std::string state_word(std::string_view name, Language language);
std::string channel_word(std::string_view name, Language language);
std::string purpose_word(std::string_view name, Language language);
std::string delivery_word(std::string_view name, Language language);
std::string clock_word(std::string_view name, Language language);

}  // namespace finwatch::rules::notifier
