// finwatch on-call: who is on duty, now or at another time.
#include <cstdio>

#include "core/json.h"
#include "core/text.h"
#include "rules/tool/command/commands.h"
#include "rules/tool/command/notifier.h"
#include "rules/tool/notifier/page.h"
#include "rules/tool/notifier/time.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kAt{FlagKind::text, "at", "",
                       "When: 2026-12-24T18:00 by the clock of this machine, or with an offset. Now, when not given."};
constexpr FlagSpec kJson{FlagKind::boolean, "json", "false", "What the notifier answered, for programs."};

int run(const Flags& flags) {
  std::string at(flags.text(kAt.name));
  if (!at.empty()) {
    const auto moment = notifier::parse_moment(at);
    if (!moment) {
      complain({Errc::config, "--at: expected a time such as 2026-12-24T18:00, found '" + valid_utf8(at) + "'"});
      return kWrongCommandLine;
    }
    at = notifier::whole_seconds(*moment);
  }
  const Result<NotifierAccess> access = open_notifier(flags);
  if (!access) {
    complain(access.error());
    return kWrongCommandLine;
  }
  const Result<std::string> body = access->client.get("/api/v1/on-call", {{"at", at}});
  if (!body) return complain(body.error());
  const Result<notifier::OnCall> on_call = notifier::read_on_call(*body);
  if (!on_call) return complain(on_call.error());
  std::fputs((flags.boolean(kJson.name) ? Json::parse(*body)->root().written() + "\n"
                                        : notifier::on_call_page(*on_call, access->language))
                 .c_str(),
             stdout);
  return 0;
}

}  // namespace

const Command kOnCallCommand{"on-call", "say who is on duty, until when, and when nobody will be", notifier_flags({kAt, kJson}),
                             run};

}  // namespace finwatch::rules
