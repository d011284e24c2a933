// The robots of DingTalk, WeCom and Feishu as their vendors describe them: what they check, in which words they say no, how many
// messages a minute they take. One handler for the three of them.
//
//   FakeRobots robots({.dingtalk_secret = "SEC…", .clock = &clock});
//   FakeWeb web([&](const FakeCall& call) { return robots.answer(call).value_or(FakeAnswer{.code = 404}); });
//   write(url_file, web.url() + "/robot/send?access_token=token");
//   robots.be("dingtalk", {.mood = RobotMood::lying, .calls = 3});
//   CHECK(robots.accepted().at(0).reference == "D17");
//
// Paths: /robot/send, /cgi-bin/webhook/send, /open-apis/bot/v2/hook/… . What is accepted is what a vendor would show in the group.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/environment.h"
#include "core/json.h"
#include "support/fake_web.h"

namespace finwatch::test {

enum class RobotMood : unsigned char {
  ok,
  slow,    // takes it, and answers late
  lying,   // HTTP 200 with a code that says no; takes nothing
  broken,  // a gateway's page with 502; takes nothing
  half,    // takes it, and the answer is cut
  none     // takes it, and closes without an answer
};
/// Also by the names that other fakes have for them: "5xx", "cut", "taken_unanswered".
std::optional<RobotMood> robot_mood(std::string_view name);

struct MoodOrder {
  RobotMood mood = RobotMood::ok;
  int calls = -1;           // for so many calls; -1: until told otherwise
  std::string code, words;  // of lying; empty: busy
  std::chrono::milliseconds late{3000};
};

struct AcceptedMessage {
  std::string provider;   // "dingtalk", "wecom", "feishu"
  std::string kind;       // the msgtype: "markdown", "actionCard", "text", "interactive"
  std::string reference;  // the last D and digits of the text
  std::string text;
  std::vector<std::string> mobiles;
  WallTime at;
};
/// {"provider":"dingtalk","kind":"markdown","time":1795788900.123,"reference":"D17","text":"…","mobiles":["138…"]}
std::string to_json(const AcceptedMessage& message);

struct FakeRobotsSetup {
  std::string dingtalk_secret, dingtalk_keyword, feishu_secret, feishu_keyword;  // empty: not checked
  std::size_t per_minute = 20;           // of DingTalk and WeCom; Feishu takes 100, and 5 a second; 0: no limit for any
  std::chrono::seconds punishment{600};  // of DingTalk, when there were more
  const Clock* clock = &system_clock();
  std::function<void(const AcceptedMessage&)> on_accepted;  // called by several threads, one at a time
};

class FakeRobots {
 public:
  explicit FakeRobots(FakeRobotsSetup setup = {}) : setup_(std::move(setup)) {}

  /// Nothing for a call that is of none of the robots.
  std::optional<FakeAnswer> answer(const FakeCall& call);
  /// False for a provider that is none of the three.
  bool be(std::string_view provider, MoodOrder order);
  std::vector<AcceptedMessage> accepted() const;

 private:
  struct No {
    std::string code, words;
  };

  std::optional<No> check_dingtalk(const FakeCall& call, const Json& json, const AcceptedMessage& message);
  std::optional<No> check_wecom(const FakeCall& call, const Json& json, const AcceptedMessage& message);
  std::optional<No> check_feishu(const FakeCall& call, const Json& json, const AcceptedMessage& message);
  /// More than `most` within `window`; a call that is too many does not count.
  bool too_fast(const std::string& bucket, std::size_t most, std::chrono::seconds window);
  FakeAnswer in_mood(AcceptedMessage message);

  FakeRobotsSetup setup_;
  mutable std::mutex mutex_;  // over all below
  std::map<std::string, MoodOrder, std::less<>> moods_{{"dingtalk", {}}, {"wecom", {}}, {"feishu", {}}};
  std::map<std::string, std::deque<WallTime>> taken_at_;
  std::optional<WallTime> punished_until_;
  std::vector<AcceptedMessage> accepted_;
};

}  // namespace finwatch::test
