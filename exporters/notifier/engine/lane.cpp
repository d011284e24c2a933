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

void Lane::start(Job job, Message message, SteadyTime lease_ends) {
  {
    const std::lock_guard lock(mutex_);
    busy_ = true;
    work_ = Work{std::move(job), std::move(message), lease_ends};
  }
  changed_.notify_all();
}

void Lane::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return work_ || stopping_; });
    if (!work_) return;
    Work now = std::move(*work_);
    work_.reset();
    lock.unlock();
    JobResult result = work(now);
    lock.lock();
    busy_ = false;
    lock.unlock();
    back_(now.job, std::move(result));
    lock.lock();
  }
}

// A fault of one channel costs this call, not the program; whether it was taken, nobody knows.
JobResult Lane::work(Work& work) const {
  try {
    return call(work);
  } catch (const std::exception& problem) {
    return {
        .receipt = {Verdict::unknown, "internal", note_of("本程序出错", "a fault of this program", problem.what()), {}, {}}};
  }
}

JobResult Lane::call(Work& work) const {
  const auto deadline = [this] { return std::chrono::steady_clock::now() + timeout_; };
  // The machine may have stood still since the job was committed.
  const auto late = [&work] { return std::chrono::steady_clock::now() >= work.lease_ends; };
  Message& message = work.message;
  bool in_doubt = work.job.ask;
  const auto kept_back = [&in_doubt]() -> JobResult {
    return {.receipt = {.verdict = Verdict::later, .code = "lease", .note = "not sent: the lease had run out"},
            .in_doubt = in_doubt};
  };
  if (late()) return kept_back();
  if (work.job.ask) {
    const Taken taken = channel_->ask(message, deadline());
    if (taken == Taken::yes)
      return {
          .receipt = {.verdict = Verdict::accepted, .code = "asked", .note = "the provider has it from an earlier attempt"}};
    in_doubt = taken == Taken::cannot_tell;
    if (in_doubt) message.maybe_twice = true;
    if (late()) return kept_back();
  }
  JobResult result{.receipt = channel_->send(message, deadline()), .maybe_twice = message.maybe_twice, .in_doubt = in_doubt};
  // What was not taken now was not said twice now.
  if (result.receipt.verdict != Verdict::accepted) result.maybe_twice = false;
  return result;
}

}  // namespace finwatch::notifier
