#include "notifier/channel/channel.h"

namespace finwatch::notifier {
namespace {

using Opened = Result<std::unique_ptr<Channel>>;

Opened not_set_up(ChannelKind kind) {
  const std::string name(to_string(kind));
  return Error{Errc::config, "channels." + name + ": a policy tells by " + name + ", but it is not set up; add channels." +
                                 name + " to the contract and compile it again"};
}

/// Which of the keys is meant is known here: the same call serves channels.http, sms and voice.
Opened beneath(ChannelKind kind, Opened opened) {
  if (opened) return opened;
  return Error{opened.error().code, "channels." + std::string(to_string(kind)) + ": " + opened.error().message};
}

using OpenPhone = Opened (*)(const PhoneSetup&, const ChannelWorld&);

Opened open_phone(ChannelKind kind, const std::optional<PhoneSetup>& setup, OpenPhone aliyun, OpenPhone tencent,
                  const ChannelWorld& world) {
  if (!setup) return not_set_up(kind);
  switch (setup->provider) {
    case Provider::aliyun: return aliyun(*setup, world);
    case Provider::tencent: return tencent(*setup, world);
    case Provider::http: return beneath(kind, open_http(setup->call, setup->variables, world));
  }
  return not_set_up(kind);
}

}  // namespace

Opened open_channel(ChannelKind kind, const ChannelSetups& setups, const ChannelWorld& world) {
  switch (kind) {
    case ChannelKind::email: return setups.email ? open_email(*setups.email, world) : not_set_up(kind);
    case ChannelKind::dingtalk: return setups.dingtalk ? open_dingtalk(*setups.dingtalk, world) : not_set_up(kind);
    case ChannelKind::wecom: return setups.wecom ? open_wecom(*setups.wecom, world) : not_set_up(kind);
    case ChannelKind::feishu: return setups.feishu ? open_feishu(*setups.feishu, world) : not_set_up(kind);
    case ChannelKind::sms: return open_phone(kind, setups.sms, open_aliyun_sms, open_tencent_sms, world);
    case ChannelKind::voice: return open_phone(kind, setups.voice, open_aliyun_voice, open_tencent_voice, world);
    case ChannelKind::http: return setups.http ? beneath(kind, open_http(setups.http->call, {}, world)) : not_set_up(kind);
    case ChannelKind::command: return open_command(world);
    case ChannelKind::console: return open_console(world);
  }
  return not_set_up(kind);
}

}  // namespace finwatch::notifier
