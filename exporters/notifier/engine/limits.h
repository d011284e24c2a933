// How much a provider takes: so many messages in so long, of one robot or to one telephone. What is kept here is never refused there.
//
//   Limits limits(limits_of(ChannelKind::dingtalk, setups));
//   if (const WallTime when = limits.free_at(scope, now); when > now) wait_until(when);
//   limits.sent(scope, now);
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "notifier/contract/channels.h"

namespace finwatch::notifier {

struct Limit {
  std::chrono::seconds window;
  int most;
};

/// Of one channel, as its provider documents them and the contract lowers them.
std::vector<Limit> limits_of(ChannelKind kind, const ChannelSetups& setups);

class Limits {
 public:
  explicit Limits(std::vector<Limit> limits) : limits_(std::move(limits)) {}

  /// `now` when one may be sent now.
  WallTime free_at(const std::string& scope, WallTime now) const;
  /// How many may be sent now, at most a thousand.
  int left(const std::string& scope, WallTime now) const;
  void sent(const std::string& scope, WallTime at);
  /// What was sent last is with the provider by now: from here on he counts, however long it was under way.
  void arrived(const std::string& scope, WallTime now);
  /// What was sent counts on.
  void replace(std::vector<Limit> limits) { limits_ = std::move(limits); }

 private:
  std::vector<Limit> limits_;
  std::map<std::string, std::deque<WallTime>> sent_;  // ascending, the longest window long
};

}  // namespace finwatch::notifier
