// To standard output, a line each, in both languages: for a first look and for a trial without providers.
#include <cstdio>

#include "notifier/channel/channel.h"
#include "notifier/channel/console.h"
#include "notifier/channel/text.h"
#include "notifier/channel/time_words.h"
#include "notifier/channel/verdict.h"

namespace finwatch::notifier {

std::string console_line(Message message) {
  message.languages = {"zh", "en"};
  const MessageText text = words_of(message);
  std::string line = day_and_minute(message.now, message.zone) + " " + std::string(to_string(message.purpose)) + " by " +
                     std::string(to_string(message.channel)) + " " + text.title;
  for (const std::string& each : text.lines) line += " | " + each;
  std::string names;
  for (const Recipient& person : message.to) names += (names.empty() ? "" : ", ") + name_of(message, person);
  if (!names.empty()) line += " | 通知 / for: " + names;
  for (const MessageLink& link : text.links) line += " | " + set_link(link, Markup::plain);
  return line + " | " + text.foot + "\n";
}

namespace {

class Console final : public Channel {
 public:
  Receipt send(const Message& message, SteadyTime /*deadline*/) override {
    const std::string line = console_line(message);
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() || std::fflush(stdout) != 0)
      return {Verdict::later, "output", note_of("标准输出写不进", "standard output takes nothing"), {}, {}};
    return {Verdict::accepted, "0", note_of("已写到标准输出", "written to standard output"), {}, {}};
  }
};

}  // namespace

Result<std::unique_ptr<Channel>> open_console(const ChannelWorld& /*world*/) {
  return std::unique_ptr<Channel>(std::make_unique<Console>());
}

}  // namespace finwatch::notifier
