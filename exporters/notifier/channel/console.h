// What the channel `console` prints of a message: one line, ended by a line break.
//
//   console_line(message);     // "11-27 22:16 page 【严重 / Severe】INC-42 … | 自 11-27 22:15 起 … | 通知 / for: 张伟 | … | D17 · INC-42\n"
#pragma once

#include <string>

#include "notifier/channel/message.h"

namespace finwatch::notifier {

std::string console_line(Message message);

}  // namespace finwatch::notifier
