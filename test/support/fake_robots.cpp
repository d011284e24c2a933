#include "support/fake_robots.h"

#include <algorithm>

#include "core/base64.h"
#include "core/json_text.h"
#include "core/text.h"
#include "crypto/crypto.h"

namespace finwatch::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = text[at] == '%' && at + 2 < text.size() ? to_number<unsigned>(text.substr(at + 1, 2), 16) : std::nullopt;
    if (byte) {
      out += static_cast<char>(*byte);
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];  // a + that was not encoded is a blank, as at the vendor's
    }
  }
  return out;
}

std::string parameter(const FakeCall& call, std::string_view name) {
  FieldReader parts(call.query, '&');
  while (!parts.rest().empty()) {
    const std::string_view part = parts.next();
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == name) return percent_decoded(part.substr(equals + 1));
  }
  return {};
}

std::string text_at(const Json& json, std::string_view first, std::string_view second = {}) {
  auto value = json.root().find(first);
  if (value && !second.empty()) value = value->find(second);
  return value ? std::string(value->text()) : std::string();
}

void add_contents(JsonRef value, std::string& text) {
  if (value.key() == "content" && !value.is_container()) text.append(text.empty() ? "" : "\n").append(value.text());
  if (!value.is_container()) return;
  for (auto inside = value.first(); inside; inside = inside->next()) add_contents(*inside, text);
}

std::vector<std::string> texts_at(const Json& json, std::string_view first, std::string_view second) {
  std::vector<std::string> texts;
  const auto map = json.root().find(first);
  const auto list = map ? map->find(second) : std::nullopt;
  if (list && list->kind() == JsonRef::Kind::list)
    for (auto each = list->first(); each; each = each->next()) texts.emplace_back(each->text());
  return texts;
}

/// The last word of the text that is a D and digits, with what hangs on them: "D17-6928b1c0".
std::string reference_in(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t at = text.size(); at-- > 0;) {
    if (text[at] != 'D' || at + 1 >= text.size() || !is_digit(text[at + 1])) continue;
    if (at > 0 && (is_digit(text[at - 1]) || (to_lower(text[at - 1]) >= 'a' && to_lower(text[at - 1]) <= 'z'))) continue;
    std::size_t end = at + 1;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '-' || (text[end] >= 'a' && text[end] <= 'f'))) ++end;
    return std::string(text.substr(at, end - at));
  }
  return {};
}

AcceptedMessage read(const std::string& provider, const Json& json) {
  AcceptedMessage message;
  message.provider = provider;
  message.kind = text_at(json, provider == "feishu" ? "msg_type" : "msgtype");
  if (provider == "feishu") {
    if (const auto card = json.root().find("card")) add_contents(*card, message.text);
  } else {
    message.text = text_at(json, message.kind, provider == "dingtalk" ? "text" : "content");
    message.mobiles =
        provider == "dingtalk" ? texts_at(json, "at", "atMobiles") : texts_at(json, "text", "mentioned_mobile_list");
  }
  message.reference = reference_in(message.text);
  return message;
}

FakeAnswer says(const std::string& provider, const std::string& code, const std::string& words) {
  const bool feishu = provider == "feishu";
  JsonMembers body('{');
  body.add(feishu ? "code" : "errcode", code).add(feishu ? "msg" : "errmsg", json_text(words));
  if (feishu) body.add("data", "{}");
  return {.body = body.end()};
}

std::string mac(std::string_view key, std::string_view text) { return to_base64(hmac(Hash::sha256, key, text).value_or("")); }

}  // namespace

std::optional<RobotMood> robot_mood(std::string_view name) {
  if (name == "ok") return RobotMood::ok;
  if (name == "slow") return RobotMood::slow;
  if (name == "lying") return RobotMood::lying;
  if (name == "broken" || name == "5xx") return RobotMood::broken;
  if (name == "half" || name == "cut") return RobotMood::half;
  if (name == "none" || name == "taken_unanswered") return RobotMood::none;
  return std::nullopt;
}

std::string to_json(const AcceptedMessage& message) {
  JsonMembers mobiles('[');
  for (const std::string& mobile : message.mobiles) mobiles.add(json_text(mobile));
  return JsonMembers('{')
      .add("provider", json_text(message.provider))
      .add("kind", json_text(message.kind))
      .add("time", json_number(to_seconds(message.at)))
      .add("reference", json_text(message.reference))
      .add("text", json_text(message.text))
      .add("mobiles", mobiles.end())
      .end();
}

std::vector<AcceptedMessage> FakeRobots::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

bool FakeRobots::be(std::string_view provider, MoodOrder order) {
  const std::lock_guard lock(mutex_);
  const auto known = moods_.find(provider);
  if (known == moods_.end()) return false;
  known->second = std::move(order);
  return true;
}

std::optional<FakeAnswer> FakeRobots::answer(const FakeCall& call) {
  const std::string provider = call.path == "/robot/send"                           ? "dingtalk"
                               : call.path == "/cgi-bin/webhook/send"               ? "wecom"
                               : call.path.rfind("/open-apis/bot/v2/hook/", 0) == 0 ? "feishu"
                                                                                    : "";
  if (provider.empty()) return std::nullopt;
  const Result<Json> json = Json::parse(call.body);
  const std::lock_guard lock(mutex_);
  if (!json) return says(provider, provider == "feishu" ? "9499" : "43004", "Bad Request");
  AcceptedMessage message = read(provider, *json);
  const auto no = provider == "dingtalk" ? check_dingtalk(call, *json, message)
                  : provider == "wecom"  ? check_wecom(call, *json, message)
                                         : check_feishu(call, *json, message);
  if (no) return says(provider, no->code, no->words);
  return in_mood(std::move(message));
}

bool FakeRobots::too_fast(const std::string& bucket, std::size_t most, seconds window) {
  if (setup_.per_minute == 0) return false;
  const WallTime now = setup_.clock->wall();
  std::deque<WallTime>& times = taken_at_[bucket];
  while (!times.empty() && times.front() <= now - window) times.pop_front();
  if (times.size() >= most) return true;
  times.push_back(now);
  return false;
}

std::optional<FakeRobots::No> FakeRobots::check_dingtalk(const FakeCall& call, const Json& json,
                                                         const AcceptedMessage& message) {
  const WallTime now = setup_.clock->wall();
  if (parameter(call, "access_token").empty()) return No{"40035", "缺少参数 access_token"};
  if (call.body.size() > 20'000) return No{"460101", "message too long, exceed 20000 bytes"};
  if (message.kind != "markdown" && message.kind != "actionCard" && message.kind != "text")
    return No{"400105", "unsupported msgtype"};
  if (message.text.empty() || (message.kind != "text" && text_at(json, message.kind, "title").empty()))
    return No{"40035", "缺少参数 title 或 text"};
  if (!setup_.dingtalk_secret.empty()) {
    const std::string timestamp = parameter(call, "timestamp");
    const auto at = to_number<std::int64_t>(timestamp);
    if (!at || now - WallTime{milliseconds{*at}} > hours{1} || WallTime{milliseconds{*at}} - now > hours{1})
      return No{"310000", "invalid timestamp"};
    if (parameter(call, "sign") != mac(setup_.dingtalk_secret, timestamp + "\n" + setup_.dingtalk_secret))
      return No{"310000", "sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"};
  }
  if (call.body.find(setup_.dingtalk_keyword) == std::string::npos) return No{"310000", "keywords not in content"};
  if (!punished_until_ || *punished_until_ <= now) {
    if (!too_fast("dingtalk", setup_.per_minute, seconds{60})) return std::nullopt;
    punished_until_ = now + setup_.punishment;
  }
  return No{"130101", "send too fast, exceed 20 times per minute"};
}

std::optional<FakeRobots::No> FakeRobots::check_wecom(const FakeCall& call, const Json& /*json*/,
                                                      const AcceptedMessage& message) {
  if (parameter(call, "key").empty())
    return No{"93000", "invalid webhook url, hint: [1592021214_50_551fc8807c11f27ed0e6714d0c267ba4]"};
  if (message.kind != "markdown" && message.kind != "text") return No{"40008", "invalid message type"};
  if (message.text.empty()) return No{"44004", "content is empty"};
  if (message.text.size() > (message.kind == "text" ? 2048U : 4096U))
    return No{"40058", message.kind + ".content exceed max length"};
  if (too_fast("wecom", setup_.per_minute, seconds{60})) return No{"45009", "api freq out of limit"};
  return std::nullopt;
}

std::optional<FakeRobots::No> FakeRobots::check_feishu(const FakeCall& call, const Json& json, const AcceptedMessage& message) {
  const WallTime now = setup_.clock->wall();
  if (call.body.size() > std::size_t{20} << 10 || message.kind != "interactive" || message.text.empty())
    return No{"9499", "Bad Request"};
  if (!setup_.feishu_secret.empty()) {
    const std::string timestamp = text_at(json, "timestamp");
    const auto at = to_number<std::int64_t>(timestamp);
    const bool in_time = at && now - WallTime{seconds{*at}} <= hours{1} && WallTime{seconds{*at}} - now <= hours{1};
    if (!in_time || text_at(json, "sign") != mac(timestamp + "\n" + setup_.feishu_secret, ""))
      return No{"19021", "sign match fail or timestamp is not within one hour from current time"};
  }
  if (call.body.find(setup_.feishu_keyword) == std::string::npos) return No{"19024", "Key Words Not Found"};
  if (too_fast("feishu second", 5, seconds{1}) || too_fast("feishu", 100, seconds{60})) return No{"11232", "frequency limited"};
  return std::nullopt;
}

FakeAnswer FakeRobots::in_mood(AcceptedMessage message) {
  MoodOrder& kept = moods_.find(message.provider)->second;
  const MoodOrder order = kept;
  if (kept.calls > 0 && --kept.calls == 0) kept = {};
  const bool feishu = message.provider == "feishu";
  if (order.mood == RobotMood::broken)
    return {.code = 502, .body = "<html>502 Bad Gateway</html>", .content_type = "text/html"};
  if (order.mood == RobotMood::lying)
    return says(message.provider, order.code.empty() ? (feishu ? "11232" : "-1") : order.code,
                order.words.empty() ? "system busy" : order.words);
  message.at = setup_.clock->wall();
  FakeAnswer answer = says(message.provider, "0", feishu ? "success" : "ok");
  if (order.mood == RobotMood::slow) answer.delay = order.late;
  if (order.mood == RobotMood::half) answer.ending = FakeAnswer::Ending::half;
  if (order.mood == RobotMood::none) answer.ending = FakeAnswer::Ending::none;
  if (setup_.on_accepted) setup_.on_accepted(message);
  accepted_.push_back(std::move(message));
  return answer;
}

}  // namespace finwatch::test
