// A program that takes the text on its standard input: for tests, which have a way to tell that no network is needed for.
//
// Exit status 0: accepted; 75 (EX_TEMPFAIL of sysexits.h): later; any other: refused. At the deadline the program and all that it
// started in its process group are killed, and nobody knows what it did: unknown.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "core/files.h"
#include "notifier/channel/text.h"
#include "notifier/channel/verdict.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostText = 16'000;
constexpr int kTryAgain = 75;

/// A file in memory with the text in it, read from its beginning: unlike a pipe it is never full and never broken.
Descriptor file_of(const std::string& text) {
  Descriptor file(memfd_create("finwatch-message", MFD_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return {};
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

class SpawnSettings {
 public:
  explicit SpawnSettings(int input) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);  // a group of its own, by which it is killed
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

class Command final : public Channel {
 public:
  Command(std::vector<std::string> words, const Clock& clock) : words_(std::move(words)), clock_(clock) {}

  Receipt send(const Message& message, SteadyTime deadline) override {
    if (deadline <= clock_.steady())
      return {Verdict::later, "deadline", note_of("没来得及发", "no time was left to send it"), {}, {}};
    const Descriptor input = file_of(plain_text(message, kMostText));
    if (!input) return {Verdict::later, "internal", note_of("没有内存", "no memory"), {}, {}};
    std::vector<char*> arguments;
    for (std::string& word : words_) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const SpawnSettings settings(input.get());
    pid_t child = 0;
    if (posix_spawn(&child, arguments[0], settings.actions(), settings.attributes(), arguments.data(), environ) != 0)
      return {Verdict::refused,
              "start",
              note_of("命令启动不了，请检查路径与权限", "the command does not start: check its path and mode"),
              {},
              {}};
    const bool ended = ends_before(child, deadline);
    // Not yet waited for, so that the group is still its own: also what it left in the background ends here.
    kill(-child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended)
      return {Verdict::unknown, "timeout", note_of("命令超时，已终止", "the command took too long and was killed"), {}, {}};
    return receipt_of_exit(status);
  }

 private:
  bool ends_before(pid_t child, SteadyTime deadline) const {
    const Descriptor watched(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
    if (!watched) return false;
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.steady()).count();
      if (left <= 0) return false;
      pollfd ends{watched.get(), POLLIN, 0};
      const int count = poll(&ends, 1, static_cast<int>(std::min<long long>(left, 60'000)));
      if (count > 0) return true;
      if (count < 0 && errno != EINTR) return false;
    }
  }

  static Receipt receipt_of_exit(int status) {
    if (!WIFEXITED(status))
      return {Verdict::unknown, "signal", note_of("命令被信号终止", "the command was ended by a signal"), {}, {}};
    const int code = WEXITSTATUS(status);
    const std::string number = std::to_string(code);
    if (code == 0) return {Verdict::accepted, "0", note_of("已收", "taken"), {}, {}};
    if (code == kTryAgain) return {Verdict::later, "75", note_of("命令请稍后再试", "the command asks to try again"), {}, {}};
    return {Verdict::refused, "exit", note_of("命令退出码 " + number, "the command ended with " + number), {}, {}};
  }

  std::vector<std::string> words_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_command(const ChannelWorld& world) {
  if (world.command.empty() || world.command.front().empty())
    return Error{Errc::config, "providers.command: name the program that the channel `command` runs, with its whole path"};
  if (world.command.front().find('/') == std::string::npos)
    return Error{Errc::config, "providers.command: '" + world.command.front() + "' is no path; write it as /usr/local/bin/" +
                                   world.command.front()};
  return std::unique_ptr<Channel>(std::make_unique<Command>(world.command, clock_of(world)));
}

}  // namespace finwatch::notifier
