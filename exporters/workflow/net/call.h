// What every call over the network shares: how it failed, and how long each of its phases took.
//
//   PhaseClock clock(loop.now());                     // the first phase is dns
//   clock.enter(Phase::connect, loop.now());
//   clock.stop(loop.now());                           // a call that fails stops wherever it stands
//   clock.times()[Phase::connect], clock.times().total()
//
// A call is a plain object: start(request, deadline, callback), then the callback once, on the loop's thread and never inside start().
// cancel() ends it with NetError::cancelled; destroying it ends it without a word. Both are safe at any time, in the callback too.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace finwatch::workflow {

/// Why a call failed. A closed set: its name becomes the label `reason`.
enum class NetError : unsigned char {
  none,
  invalid,     // it cannot be made as it was asked for: a bad URL, a certificate that cannot be read
  dns,         // no address for the name
  connect,     // nobody accepted the connection
  tls,         // the handshake failed, or the certificate was refused
  timeout,     // the deadline passed
  too_large,   // the answer is larger than allowed
  protocol,    // the answer is broken, or ended early
  mismatch,    // the peer did not say what it was expected to say
  permission,  // this process may not do that
  cancelled,   // by us
};

inline constexpr int kNetErrorCount = 11;

constexpr std::string_view to_string(NetError error) {
  constexpr std::string_view kNames[kNetErrorCount] = {"none",      "invalid",  "dns",      "connect",    "tls",      "timeout",
                                                       "too_large", "protocol", "mismatch", "permission", "cancelled"};
  return kNames[static_cast<unsigned char>(error)];
}

/// How a call ended. The text is for a person and holds no secret.
struct Outcome {
  NetError error = NetError::none;
  std::string text;

  explicit operator bool() const { return error == NetError::none; }
};

enum class Phase : unsigned char { dns, connect, tls, send, processing, transfer };
inline constexpr int kPhaseCount = 6;

inline constexpr std::array<std::string_view, kPhaseCount> kPhaseNames = {"dns",  "connect",    "tls",
                                                                          "send", "processing", "transfer"};

constexpr std::string_view to_string(Phase phase) { return kPhaseNames[static_cast<unsigned char>(phase)]; }

/// What each phase took. Zero for one that was not needed.
class PhaseTimes {
 public:
  using Duration = SteadyTime::duration;

  Duration& operator[](Phase phase) { return times_[static_cast<std::size_t>(phase)]; }
  Duration operator[](Phase phase) const { return times_[static_cast<std::size_t>(phase)]; }
  double seconds(Phase phase) const { return std::chrono::duration<double>((*this)[phase]).count(); }
  Duration total() const { return std::accumulate(times_.begin(), times_.end(), Duration{}); }
  PhaseTimes& operator+=(const PhaseTimes& other) {
    for (std::size_t i = 0; i < times_.size(); ++i) times_[i] += other.times_[i];
    return *this;
  }

 private:
  std::array<Duration, kPhaseCount> times_{};
};

/// A stop watch with one hand: every moment belongs to exactly one phase, so the phases add up to the total, failed or not.
class PhaseClock {
 public:
  explicit PhaseClock(SteadyTime start, Phase first = Phase::dns) : since_(start), phase_(first) {}
  void enter(Phase phase, SteadyTime now) {
    stop(now);
    phase_ = phase;
  }
  void stop(SteadyTime now) {
    times_[phase_] += now - since_;
    since_ = now;
  }
  Phase phase() const { return phase_; }
  const PhaseTimes& times() const { return times_; }

 private:
  PhaseTimes times_;
  SteadyTime since_;
  Phase phase_;
};

}  // namespace finwatch::workflow
