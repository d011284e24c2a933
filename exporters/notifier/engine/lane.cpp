#include "notifier/engine/lane.h"

#include "notifier/channel/verdict.h"

namespace finwatch::notifier {

Lane::Lane(std::unique_ptr<Channel> channel, std::chrono::milliseconds timeout, Back back)
    : channel_(std::move(channel)), timeout_(timeout), back_(std::move(back)), thread_([this] { run(); }) {}

Lane::~Lane() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Lane::idle() const {
  const std::lock_guard lock(mutex_);
  return !busy_;
}

void Lane::start(Job job, Message message) {
  {
    const std::lock_guard lock(mutex_);
    busy_ = true;
    work_.emplace(std::move(job), std::move(message));
  }
  changed_.notify_all();
}

void Lane::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return work_ || stopping_; });
    if (!work_) return;
    auto [job, message] = std::move(*work_);
    work_.reset();
    lock.unlock();
    JobResult result = work(job, message);
    lock.lock();
    busy_ = false;
    lock.unlock();
    back_(job, std::move(result));
    lock.lock();
  }
}

// A fault of one channel costs this call, not the program; whether it was taken, nobody knows.
JobResult Lane::work(const Job& job, Message& message) {
  try {
    return call(job, message);
  } catch (const std::exception& problem) {
    return {
        .receipt = {Verdict::unknown, "internal", note_of("本程序出错", "a fault of this program", problem.what()), {}, {}}};
  }
}

JobResult Lane::call(const Job& job, Message& message) {
  const auto deadline = [this] { return std::chrono::steady_clock::now() + timeout_; };
  if (job.ask) {
    const Taken taken = channel_->ask(message, deadline());
    if (taken == Taken::yes)
      return {
          .receipt = {.verdict = Verdict::accepted, .code = "asked", .note = "the provider has it from an earlier attempt"}};
    if (taken == Taken::cannot_tell) message.maybe_twice = true;
  }
  JobResult result{.receipt = channel_->send(message, deadline()), .maybe_twice = message.maybe_twice};
  // What was not taken now was not said twice now.
  if (result.receipt.verdict != Verdict::accepted) result.maybe_twice = false;
  return result;
}

}  // namespace finwatch::notifier
