// One of our programs as a real process, with its own environment and descriptors.
//
//   const Ended ended = run_program_once("finwatch-host", {"--version"});
//   CHECK(ended.status == 0);
//
//   RunningProgram host("finwatch-host", {"--web.listen-address=127.0.0.1:0"});
//   WebClient client(host.address());
//   host.signal(SIGTERM);
//   CHECK(host.wait() == 0);
//
// The program is found beside the test itself, in the build's bin/ folder. It dies with the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "support/collector_test.h"

namespace finwatch::test {

struct ProgramSetup {
  std::map<std::string, std::string> environment = {};  // besides PATH; nothing else is handed down
  std::function<void()> before_start = {};              // in the new process: descriptors, LISTEN_PID
};

struct Ended {
  int status = -1;  // 128 + the signal when one ended it
  std::string out;
  std::string error;
};

class RunningProgram {
 public:
  RunningProgram(std::string_view program, std::vector<std::string> arguments, const ProgramSetup& setup = {});
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  pid_t pid() const { return pid_; }
  /// The nth address it says it listens on; waits for that line. Throws with the log when the program ends instead.
  std::string address(std::size_t nth = 0);
  void signal(int number) const;
  /// Waits for the end; -1 when it does not come.
  int wait(std::chrono::seconds most = std::chrono::seconds{20});
  /// What it has written so far.
  std::string out() const;
  std::string log() const;
  /// Waits until the log holds `text`; false when it does not within ten seconds.
  bool logs(std::string_view text) const;

 private:
  TemporaryTree tree_;
  pid_t pid_ = -1;
  int status_ = -1;
};

/// Starts it and waits for its end.
Ended run_program_once(std::string_view program, std::vector<std::string> arguments, const ProgramSetup& setup = {});

/// The absolute path of one of our programs.
std::string program_path(std::string_view program);

}  // namespace finwatch::test
