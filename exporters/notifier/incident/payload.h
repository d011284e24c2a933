// What Alertmanager posts, version 4 of its webhook: read, checked to the last value that is used, bounded.
//
//   Result<Payload> payload = read_payload(request.body());
//   if (!payload) return refuse(400, payload.error().message);       // "alerts[3].startsAt: expected …"
//
// Keys that are not known are left alone: 0.25 to 0.34 differ in them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace finwatch::notifier {

struct ReceivedAlert {
  std::string fingerprint;  // 16 hexadecimal digits in small letters
  bool firing = false;
  WallTime starts;
  WallTime ended;  // when it fires no more
  std::map<std::string, std::string, std::less<>> labels, annotations;
  std::string labels_json, annotations_json;
  std::string generator_url;

  /// Empty when it is not there.
  const std::string& label(std::string_view name) const;
  const std::string& annotation(std::string_view name) const;
};

struct Payload {
  std::string receiver;
  std::vector<ReceivedAlert> alerts;
  long long truncated = 0;  // alerts that Alertmanager left out: max_alerts is set for us
};

inline constexpr std::size_t kMostPayloadBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMostPayloadAlerts = 20'000;

/// malformed, with the place in the text and what was expected.
Result<Payload> read_payload(std::string_view body);

}  // namespace finwatch::notifier
