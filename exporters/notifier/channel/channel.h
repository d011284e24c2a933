// A way to tell people. One verb that sends, one that asks whether an earlier attempt was taken.
//
//   Result<std::unique_ptr<Channel>> channel = open_channel(ChannelKind::dingtalk, setup, env);
//   const Receipt receipt = (*channel)->send(message, clock.steady() + std::chrono::seconds{10});
//   if (receipt.verdict == Verdict::accepted) …
//
// send() blocks, never past its deadline; a channel is used by one thread at a time. The provider's code in the body decides, not the
// HTTP status. A receipt holds no secret and no telephone number: it goes into the log, the metrics (code) and the timeline (note).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/environment.h"
#include "core/result.h"
#include "notifier/channel/message.h"
#include "notifier/contract/contract.h"

namespace finwatch::notifier {

enum class Verdict : unsigned char {
  accepted,  // the provider said yes
  later,     // it said no for now: try again
  refused,   // it said no for good: another channel must tell
  unknown,   // no answer came after it was asked: it may have been taken
};

struct Receipt {
  Verdict verdict = Verdict::later;
  std::string
      code;  // the provider's own: "0", "310000", "isv.BUSINESS_LIMIT_CONTROL", "250"; of a closed set, or "http_503", "timeout"
  std::string note;              // one line for people
  std::string provider_id;       // BizId, SerialNo, Message-ID
  std::chrono::seconds wait{0};  // not before so long, when the provider said so
};

/// Was an earlier attempt taken?
enum class Taken : unsigned char { yes, no, cannot_tell };

class Channel {
 public:
  virtual ~Channel() = default;
  virtual Receipt send(const Message& message, SteadyTime deadline) = 0;
  /// Whether the provider has taken message.reference since message.first_attempt.
  virtual Taken ask(const Message& /*message*/, SteadyTime /*deadline*/) { return Taken::cannot_tell; }
};

/// Where providers are, and how the rest is told; all of it may be left as it is.
struct ChannelWorld {
  // In place of the providers' own addresses: a gateway of the house, or a test's fake. "http://127.0.0.1:8080"
  std::string aliyun_sms = "https://dysmsapi.aliyuncs.com";
  std::string aliyun_voice = "https://dyvmsapi.aliyuncs.com";
  std::string tencent_sms = "https://sms.tencentcloudapi.com";
  std::string tencent_voice = "https://vms.tencentcloudapi.com";
  std::string ca_file;  // PEM of those who may sign the providers' certificates; empty: the system's
  std::vector<std::string>
      command;  // of the channel `command`: the program and its arguments; the text comes on its standard input
  const Env* env = nullptr;
};

/// config when a file with a secret is missing or wrong; the message names the file and the next step.
Result<std::unique_ptr<Channel>> open_channel(ChannelKind kind, const ChannelSetups& setups, const ChannelWorld& world);

// One file a channel; what open_channel() calls.
Result<std::unique_ptr<Channel>> open_dingtalk(const RobotSetup& setup, const ChannelWorld& world);
Result<std::unique_ptr<Channel>> open_wecom(const RobotSetup& setup, const ChannelWorld& world);
Result<std::unique_ptr<Channel>> open_feishu(const RobotSetup& setup, const ChannelWorld& world);
Result<std::unique_ptr<Channel>> open_aliyun_sms(const PhoneSetup& setup, const ChannelWorld& world);
Result<std::unique_ptr<Channel>> open_aliyun_voice(const PhoneSetup& setup, const ChannelWorld& world);
Result<std::unique_ptr<Channel>> open_tencent_sms(const PhoneSetup& setup, const ChannelWorld& world);
Result<std::unique_ptr<Channel>> open_tencent_voice(const PhoneSetup& setup, const ChannelWorld& world);
Result<std::unique_ptr<Channel>> open_email(const EmailSetup& setup, const ChannelWorld& world);
/// The house's own gateway; for phones, `variables` are put into its body.
Result<std::unique_ptr<Channel>> open_http(const HttpCallSetup& setup, const std::vector<std::string>& variables,
                                           const ChannelWorld& world);
Result<std::unique_ptr<Channel>> open_command(const ChannelWorld& world);
Result<std::unique_ptr<Channel>> open_console(const ChannelWorld& world);

}  // namespace finwatch::notifier
