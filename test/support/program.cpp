#include "support/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "core/files.h"
#include "core/text.h"

namespace finwatch::test {
namespace {

using namespace std::chrono_literals;

void redirect(const std::string& path, int descriptor) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::dup2(file, descriptor);
  ::close(file);
}

std::vector<std::string> variables(const std::map<std::string, std::string>& given) {
  const char* path = std::getenv("PATH");
  std::vector<std::string> all = {std::string("PATH=") + (path == nullptr ? "/usr/bin:/bin" : path)};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"})
    if (const char* value = std::getenv(name)) all.push_back(std::string(name) + "=" + value);
  for (const auto& [name, value] : given) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

std::string program_path(std::string_view program) {
  const std::string self = read_link("/proc/self/exe");
  return self.substr(0, self.rfind('/') + 1) + std::string(program);
}

RunningProgram::RunningProgram(std::string_view program, std::vector<std::string> arguments, const ProgramSetup& setup) {
  std::string path = program_path(program);
  arguments.insert(arguments.begin(), path);
  std::vector<std::string> environment = variables(setup.environment);
  const std::vector<char*> argv = pointers(arguments);
  std::vector<char*> envp = pointers(environment);
  // What the child learns only after the fork: its own number, for systemd's sockets.
  static char listen_pid[40];
  if (setup.environment.contains("LISTEN_FDS")) envp.insert(envp.begin(), listen_pid);
  const std::string out_path = tree_.path("out");
  const std::string log_path = tree_.path("log");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  redirect(out_path, STDOUT_FILENO);
  redirect(log_path, STDERR_FILENO);
  std::snprintf(listen_pid, sizeof listen_pid, "LISTEN_PID=%d", static_cast<int>(::getpid()));
  if (setup.before_start) setup.before_start();
  ::execve(path.c_str(), argv.data(), envp.data());
  ::_exit(127);
}

RunningProgram::~RunningProgram() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

std::string RunningProgram::address(std::size_t nth) {
  for (int turn = 0; turn < 2000; ++turn) {
    const bool ended = pid_ < 0 || wait(0s) >= 0;
    const std::string text = log();
    std::size_t seen = 0;
    for (LineReader lines(text); const auto line = lines.next();) {
      const std::size_t at = line->find(" address=");
      if (at == std::string_view::npos) continue;
      const std::string_view rest = line->substr(at + 9);
      if (seen++ == nth) return std::string(rest.substr(0, rest.find(' ')));
    }
    if (ended) throw std::runtime_error("the program ended:\n" + text);
    std::this_thread::sleep_for(5ms);
  }
  throw std::runtime_error("the program does not listen:\n" + log());
}

void RunningProgram::signal(int number) const { ::kill(pid_, number); }

int RunningProgram::wait(std::chrono::seconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (pid_ > 0) {
    int state = 0;
    if (::waitpid(pid_, &state, WNOHANG) == pid_) {
      status_ = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
      pid_ = -1;
      break;
    }
    if (std::chrono::steady_clock::now() >= end) return -1;
    std::this_thread::sleep_for(2ms);
  }
  return status_;
}

std::string RunningProgram::out() const { return read_file(tree_.path("out")).value_or(""); }
std::string RunningProgram::log() const { return read_file(tree_.path("log")).value_or(""); }

bool RunningProgram::logs(std::string_view text) const {
  for (int turn = 0; turn < 2000; ++turn, std::this_thread::sleep_for(5ms))
    if (log().find(text) != std::string::npos) return true;
  return false;
}

Ended run_program_once(std::string_view program, std::vector<std::string> arguments, const ProgramSetup& setup) {
  RunningProgram running(program, std::move(arguments), setup);
  const int status = running.wait();
  return {status, running.out(), running.log()};
}

}  // namespace finwatch::test
