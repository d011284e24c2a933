#include "rules/tool/run/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "core/files.h"
#include "core/text.h"

namespace finwatch::rules {
namespace {

using Clock = std::chrono::steady_clock;

class Program {
 public:
  Program(std::size_t call, const std::vector<std::string>& words, const RunOptions& options)
      : call_(call), deadline_(Clock::now() + options.within), most_(options.most_output) {
    if (const int failed = start(words); failed != 0) ended_ = {Ended::How::not_started, failed, {}, false};
  }

  std::size_t call() const { return call_; }
  Clock::time_point deadline() const { return deadline_; }
  bool over() const { return !process_; }
  int output() const { return output_.get(); }  // negative once it is closed
  int process() const { return process_.get(); }
  Ended take() { return std::move(ended_); }

  /// What is there to read; of one that never stops printing only so much that its deadline is seen.
  void read_on() {
    std::array<char, 65536> some;
    for (int rounds = 0; output_ && rounds < 64; ++rounds) {
      const ssize_t got = ::read(output_.get(), some.data(), some.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return output_.reset();
      const std::size_t room = most_ - std::min(most_, ended_.output.size());
      ended_.cut = ended_.cut || static_cast<std::size_t>(got) > room;
      ended_.output.append(some.data(), std::min(room, static_cast<std::size_t>(got)));
    }
  }

  /// Of one that is dead or dies: what it left, and how it ended.
  void bury(bool late) {
    if (late) ::kill(id_, SIGKILL);
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    read_on();
    output_.reset();  // a child of its own may hold the other end
    process_.reset();
    if (late)
      ended_.how = Ended::How::late;
    else if (WIFEXITED(status))
      ended_.how = Ended::How::exited, ended_.number = WEXITSTATUS(status);
    else
      ended_.how = Ended::How::killed, ended_.number = WTERMSIG(status);
  }

 private:
  // 0, or why not.
  int start(const std::vector<std::string>& words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
    output_.reset(ends[0]);
    const Descriptor theirs(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    std::vector<char*> arguments;
    for (const std::string& word : words)
      arguments.push_back(const_cast<char*>(word.c_str()));  // exec's signature, not its deed
    arguments.push_back(nullptr);
    const int failed = ::posix_spawn(&id_, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return failed;
    process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));  // glibc 2.36 declares its own for C alone
    if (process_) return 0;
    const int no_handle = errno;
    bury(true);
    return no_handle;
  }

  std::size_t call_;
  Clock::time_point deadline_;
  std::size_t most_;
  pid_t id_ = 0;
  Descriptor process_, output_;
  Ended ended_;
};

void wait_for_any(const std::vector<std::unique_ptr<Program>>& running) {
  std::vector<pollfd> waits;
  Clock::time_point first = Clock::time_point::max();
  for (const auto& program : running) {
    waits.push_back({program->process(), POLLIN, 0});
    waits.push_back({program->output(), POLLIN, 0});  // poll leaves negative ones alone
    first = std::min(first, program->deadline());
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - Clock::now()).count();
  ::poll(waits.data(), waits.size(), static_cast<int>(std::clamp<long long>(left, 0, 60'000)));
}

bool is_dead(int process) {
  pollfd one{process, POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

}  // namespace

std::string Ended::text() const {
  if (how == How::exited) return "exited with " + std::to_string(number) + (cut ? ", and printed more than is kept" : "");
  if (how == How::killed) return "was killed by signal " + std::to_string(number);
  if (how == How::late) return "was not done in time";
  return std::string("cannot be started: ") + std::strerror(number);
}

std::vector<Ended> run_programs(const std::vector<std::vector<std::string>>& calls, const RunOptions& options) {
  std::vector<Ended> all(calls.size());
  std::vector<std::unique_ptr<Program>> running;
  for (std::size_t next = 0; next < calls.size() || !running.empty();) {
    while (next < calls.size() && running.size() < std::max<std::size_t>(options.at_once, 1)) {
      running.push_back(std::make_unique<Program>(next, calls[next], options));
      ++next;
    }
    if (std::none_of(running.begin(), running.end(), [](const auto& program) { return program->over(); }))
      wait_for_any(running);
    for (const auto& program : running) {
      if (program->over()) continue;
      const bool dead = is_dead(program->process());
      program->read_on();
      if (dead || Clock::now() >= program->deadline()) program->bury(!dead);
    }
    for (const auto& program : running)
      if (program->over()) {
        all[program->call()] = program->take();
        if (options.done) options.done(program->call());
      }
    std::erase_if(running, [](const auto& program) { return program->over(); });
  }
  return all;
}

std::optional<std::string> find_program(const std::string& name, std::string_view path) {
  const auto can_run = [](const std::string& file) {
    std::error_code failed;
    return std::filesystem::is_regular_file(file, failed) && ::access(file.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return can_run(name) ? std::optional(name) : std::nullopt;
  for (FieldReader folders(path, ':'); !folders.done();) {
    const std::string file = std::string(folders.next()) + "/" + name;
    if (file.front() != '/' && can_run("./" + file)) return "./" + file;
    if (file.front() == '/' && can_run(file)) return file;
  }
  return std::nullopt;
}

}  // namespace finwatch::rules
