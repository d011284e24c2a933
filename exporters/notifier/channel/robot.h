// What the robots of DingTalk, WeCom and Feishu share: an address with a key in it, a secret to sign with, JSON in and JSON out.
//
//   Result<Robot> robot = Robot::open("dingtalk", setup, world);
//   const ProviderAnswer answer = robot->post(robot->url(), body, deadline);
//   return receipt_of(answer, {.code = "errcode", .words = "errmsg"}, kCodes);
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.h"
#include "notifier/channel/verdict.h"

namespace finwatch::notifier {

class Robot {
 public:
  /// config when a file is missing or wrong. The secret is only read when the setup names one.
  static Result<Robot> open(std::string_view name, const RobotSetup& setup, const ChannelWorld& world);

  std::string_view url() const { return url_.reveal(); }
  bool signs() const { return !secret_.empty(); }
  /// base64(HMAC-SHA256(key, text)), where `secret()` is part of one or both.
  static std::string signature(std::string_view key, std::string_view text);
  std::string_view secret() const { return secret_.reveal(); }
  WallTime now() const { return clock_->wall(); }

  ProviderAnswer post(std::string_view url, std::string body, SteadyTime deadline) const;

 private:
  Secret url_, secret_;
  std::string ca_file_;
  const Clock* clock_ = nullptr;
};

/// Under which keys of its answer a robot has its code and its words.
struct AnswerKeys {
  std::string_view code, words;
};
Receipt receipt_of(const ProviderAnswer& answer, const AnswerKeys& keys, std::span<const CodeRule> rules);

/// Who is called by name in a group, 20 at most.
std::span<const Recipient> mentioned(const Message& message);
/// The id of a person at a provider, when it is nothing but letters, digits, _, - and . as ids are; else empty.
std::string_view provider_user(std::string_view id);

}  // namespace finwatch::notifier
