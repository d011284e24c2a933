// One channel and the thread that calls it: a provider that is slow holds nobody else up.
//
//   Lane lane(ChannelKind::dingtalk, std::move(channel), 10s, [&](const Job& job, JobResult result) { … });
//   if (lane.idle()) lane.start(job, message, lease_ends);
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "notifier/channel/channel.h"
#include "notifier/engine/outbox.h"

namespace finwatch::notifier {

class Lane {
 public:
  /// Called from the lane's thread, when it is idle again.
  using Back = std::function<void(const Job& job, JobResult result)>;

  Lane(std::unique_ptr<Channel> channel, std::chrono::milliseconds timeout, Back back);
  /// After the call that is running, which its deadline ends.
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  bool idle() const;
  /// Nothing is asked or sent after `lease_ends`: another instance may be saying it by then.
  void start(Job job, Message message, SteadyTime lease_ends);

 private:
  void run();
  struct Work {
    Job job;
    Message message;
    SteadyTime lease_ends;
  };
  JobResult work(Work& work) const;
  JobResult call(Work& work) const;

  const std::unique_ptr<Channel> channel_;
  const std::chrono::milliseconds timeout_;
  const Back back_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Work> work_;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace finwatch::notifier
