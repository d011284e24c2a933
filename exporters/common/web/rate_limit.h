// A token bucket: full at first, one token back each interval.
//
//   RateLimiter limiter;
//   if (!limiter.allow({.interval = 1s, .burst = 5}, clock.steady())) answer 429
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

#include "core/clock.h"
#include "web/web_config.h"

namespace finwatch {

class RateLimiter {
 public:
  bool allow(const RateLimit& limit, SteadyTime now) {
    if (limit.interval.count() <= 0) return true;
    const std::lock_guard lock(mutex_);
    const auto burst = static_cast<double>(limit.burst);
    if (!(limit == limit_))
      tokens_ = burst;
    else
      tokens_ = std::min(burst, tokens_ + std::chrono::duration<double>(now - last_) / limit.interval);
    limit_ = limit;
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  std::mutex mutex_;
  RateLimit limit_;
  double tokens_ = 0;
  SteadyTime last_{};
};

}  // namespace finwatch
