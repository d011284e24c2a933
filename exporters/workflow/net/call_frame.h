// What the calls over plain sockets have in common: name look-up, deadline, and one callback that may destroy the call.
//
//   CallFrame<TcpResult> frame(loop, resolver, [this] { stream.close(); });
//   frame.begin(deadline, std::move(callback));
//   frame.find("db.example", IpFamily::any, [this](const std::vector<Address>& addresses) { … frame.end({}); });
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "workflow/net/call.h"
#include "workflow/net/loop.h"
#include "workflow/net/resolver.h"

namespace finwatch::workflow {

/// `Answer` has an Outcome `outcome` and PhaseTimes `times`.
template <class Answer>
class CallFrame {
 public:
  using Callback = std::function<void(Answer&&)>;

  /// `close` gives back what the call holds open, and may be called more than once.
  CallFrame(Loop& its_loop, Resolver& resolver, std::function<void()> close)
      : loop(its_loop), close_(std::move(close)), resolve_(resolver), timer_(its_loop) {}

  void begin(SteadyTime deadline, Callback callback) {
    answer = {};
    callback_ = std::move(callback);
    clock = PhaseClock(loop.now());
    timer_.start(deadline, [this] {
      end({NetError::timeout, "the deadline passed in phase " + std::string(to_string(clock.phase()))});
    });
  }
  void find(const std::string& host, IpFamily family, std::function<void(const std::vector<Address>&)> then) {
    resolve_.start(host, family, [this, next = std::move(then)](const Resolved& found) {
      if (!found.outcome) return end(found.outcome);
      clock.enter(Phase::connect, loop.now());
      next(found.addresses);
    });
  }
  void enter(Phase phase) { clock.enter(phase, loop.now()); }
  /// The last thing that a call does: `this` may be gone afterwards.
  void end(const Outcome& outcome) {
    stop(outcome);
    timer_.cancel();
    Answer finished = std::move(answer);
    const Callback tell = std::exchange(callback_, nullptr);
    tell(std::move(finished));
  }
  /// The same, from the loop.
  void end_soon(const Outcome& outcome) {
    stop(outcome);
    timer_.start(loop.now(), [this] {
      Answer finished = std::move(answer);
      const Callback tell = std::exchange(callback_, nullptr);
      tell(std::move(finished));
    });
  }
  void cancel() {
    if (callback_) end_soon({NetError::cancelled, "cancelled"});
  }

  Loop& loop;
  PhaseClock clock{SteadyTime{}};
  Answer answer;

 private:
  void stop(const Outcome& outcome) {
    resolve_.cancel();
    close_();
    clock.stop(loop.now());
    answer.times = clock.times();
    answer.outcome = outcome;
  }

  std::function<void()> close_;
  ResolveCall resolve_;
  Timer timer_;
  Callback callback_;
};

}  // namespace finwatch::workflow
