#include "channel_fixture.h"

using namespace finwatch;
using namespace finwatch::notifier;
using finwatch::test::page_message;
using finwatch::test::RobotFixture;

TEST_CASE("channel: what is not set up is refused by name") {
  const ChannelWorld world;
  for (const ChannelKind kind : {ChannelKind::email, ChannelKind::dingtalk, ChannelKind::wecom, ChannelKind::feishu,
                                 ChannelKind::sms, ChannelKind::voice, ChannelKind::http}) {
    const auto channel = open_channel(kind, {}, world);
    REQUIRE_FALSE(channel);
    CHECK(channel.error().code == Errc::config);
    CHECK(channel.error().message.starts_with("channels." + std::string(to_string(kind)) + ": "));
  }
  CHECK(open_channel(ChannelKind::console, {}, world));
  CHECK_FALSE(open_channel(ChannelKind::command, {}, world));
}

TEST_CASE("channel: robots and gateways are opened as the setup says") {
  RobotFixture fixture;
  ChannelSetups setups;
  setups.dingtalk = fixture.setup("/robot/send?access_token=t");
  setups.wecom = fixture.setup("/robot/send?access_token=t");
  setups.feishu = RobotSetup{.url_file = fixture.files.path("none"), .secret_file = {}};
  setups.sms.emplace();
  setups.sms->provider = Provider::http;
  setups.sms->call.url_file = fixture.files.path("url");
  setups.voice = setups.sms;
  setups.voice->call.body = "{nothing}";
  setups.http.emplace();
  setups.http->call.url_file = fixture.files.path("none");
  const auto dingtalk = open_channel(ChannelKind::dingtalk, setups, fixture.world);
  REQUIRE(dingtalk);
  CHECK((*dingtalk)->send(page_message(), fixture.soon()).verdict == Verdict::accepted);
  CHECK(open_channel(ChannelKind::wecom, setups, fixture.world));
  CHECK(open_channel(ChannelKind::feishu, setups, fixture.world).error().message.starts_with("channels.feishu.url_file: "));
  CHECK(open_channel(ChannelKind::sms, setups, fixture.world));
  CHECK(open_channel(ChannelKind::voice, setups, fixture.world).error().message.starts_with("channels.voice: body: {nothing}"));
  CHECK(open_channel(ChannelKind::http, setups, fixture.world).error().message.starts_with("channels.http: url_file: "));
}
