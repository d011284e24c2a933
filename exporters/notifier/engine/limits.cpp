#include "notifier/engine/limits.h"

#include <algorithm>

namespace finwatch::notifier {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kMostMails = 60;  // a minute: what small mail servers take from one sender

std::vector<Limit> a_minute(int most) { return {{minutes{1}, most}}; }

// How many were sent up to `at`. What is dated later was sent before the clock was set back, and says nothing.
std::size_t until(const std::deque<WallTime>& sent, WallTime at) {
  return static_cast<std::size_t>(std::upper_bound(sent.begin(), sent.end(), at) - sent.begin());
}

}  // namespace

std::vector<Limit> limits_of(ChannelKind kind, const ChannelSetups& setups) {
  switch (kind) {
    case ChannelKind::dingtalk: return a_minute(setups.dingtalk ? setups.dingtalk->most_per_minute : 20);
    case ChannelKind::wecom: {
      // A message that names people is followed by a second one that rings them.
      const int most = setups.wecom ? setups.wecom->most_per_minute : 20;
      return a_minute(std::max(1, most / 2));
    }
    case ChannelKind::feishu: return {{seconds{1}, 5}, {minutes{1}, setups.feishu ? setups.feishu->most_per_minute : 100}};
    case ChannelKind::http: return a_minute(setups.http ? setups.http->most_per_minute : 60);
    case ChannelKind::email: return a_minute(kMostMails);
    case ChannelKind::sms: return {{minutes{1}, 3}, {hours{24}, setups.sms ? setups.sms->most_per_day : 50}};
    case ChannelKind::voice:
      return {{minutes{1}, 1}, {hours{1}, 5}, {hours{24}, setups.voice ? setups.voice->most_per_day : 20}};
    case ChannelKind::command:
    case ChannelKind::console: return {};
  }
  return {};
}

WallTime Limits::free_at(const std::string& scope, WallTime now) const {
  const auto found = sent_.find(scope);
  if (found == sent_.end()) return now;
  const std::deque<WallTime>& sent = found->second;
  WallTime when = now;
  const std::size_t all = until(sent, now);
  for (const Limit& limit : limits_) {
    const auto most = static_cast<std::size_t>(limit.most);
    if (all - until(sent, now - limit.window) < most) continue;
    when = std::max(when, sent[all - most] + limit.window + std::chrono::milliseconds{1});
  }
  return when;
}

int Limits::left(const std::string& scope, WallTime now) const {
  int left = 1000;
  const auto found = sent_.find(scope);
  for (const Limit& limit : limits_) {
    const std::size_t used = found == sent_.end() ? 0 : until(found->second, now) - until(found->second, now - limit.window);
    left = std::min(left, std::max(0, limit.most - static_cast<int>(used)));
  }
  return left;
}

void Limits::sent(const std::string& scope, WallTime at) {
  if (limits_.empty()) return;
  std::deque<WallTime>& sent = sent_[scope];
  sent.insert(std::upper_bound(sent.begin(), sent.end(), at), at);
  std::chrono::seconds longest{0};
  for (const Limit& limit : limits_) longest = std::max(longest, limit.window);
  while (sent.front() < at - longest) sent.pop_front();
}

void Limits::arrived(const std::string& scope, WallTime now) {
  const auto found = sent_.find(scope);
  if (found != sent_.end() && !found->second.empty()) found->second.back() = std::max(found->second.back(), now);
}

}  // namespace finwatch::notifier
