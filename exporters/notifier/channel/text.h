// The words of a message, in the languages of the contract, and how they are set: plain, or in the markup of a robot.
//
//   const MessageText text = words_of(message);
//   text.title;                                  // "【严重 / Severe】INC-42 凭证录入失败 / Voucher entry fails"
//   text.lines;                                  // "自 11-27 22:15 起 · 3 条告警触发 / since 11-27 22:15 · 3 alerts fire", …
//   plain_text(message, 2048);                   // all of it, within so many bytes
//
// The texts of an incident come from labels and annotations that others write. In MessageText they are one line each and bounded,
// and no more than that: what sets a line in markup passes it through harmless().
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "notifier/channel/message.h"

namespace finwatch::notifier {

struct MessageLink {
  std::string label, url;  // the url is http or https, without what could end a link in any markup; 1,000 bytes at most
};

struct MessageText {
  std::string title;               // one line
  std::vector<std::string> lines;  // the facts; the first is the one to keep when there is little room
  std::vector<MessageLink> links;  // to acknowledge, one a person; the runbook; all incidents
  std::string foot;                // "财务共享中心 · D17 · INC-42": who speaks, and what tells this message from others
};

/// With the first `shown` incidents, the gravest; the others are counted.
MessageText words_of(const Message& message, std::size_t shown = static_cast<std::size_t>(-1));

/// How a robot reads a text. `plain` reads nothing into it.
enum class Markup : unsigned char { plain, dingtalk, wecom, feishu };

/// A line that is shown as it is: nothing in it is a link, a mention, a tag or emphasis. Signs that could be are their full-width
/// sisters, because none of the robots says which ways of escaping it knows.
std::string harmless(std::string_view line, Markup markup);

/// "[label](url)"; in plain text "label: url".
std::string set_link(const MessageLink& link, Markup markup);

/// What `render` makes of the message in at most so many bytes: incidents are left out from the end first, then lines, then links.
std::string fitted(const Message& message, std::size_t most, const std::function<std::string(const MessageText&)>& render);

/// Title, lines, links and foot, a line each.
std::string plain_text(const MessageText& text);
std::string plain_text(const Message& message, std::size_t most);

/// In the languages of the message, with " / " between them; once when both say the same.
std::string in_languages(const Message& message, std::string_view zh, std::string_view en);
/// A person's name, one line, in the first language.
std::string name_of(const Message& message, const Recipient& person);
/// As the robots want it: digits only for +86, with + and country otherwise; empty when it is no number.
std::string mobile_of(const Recipient& person);

}  // namespace finwatch::notifier
