// Other programs, run to their end or to a deadline, several at once: promtool and amtool. No shell stands between.
//
//   const auto ended = run_programs({{{"/usr/bin/promtool", "test", "rules", "a.test.yml"}}}, {.at_once = 2, .within = minutes{5}});
//   if (!ended[0].well()) complain(ended[0].text() + ended[0].output);
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace finwatch::rules {

/// How a program ended.
struct Ended {
  enum class How : unsigned char { exited, killed, late, not_started };

  How how = How::not_started;
  int number = 0;      // exit status, signal or errno
  std::string output;  // standard output and standard error, as they came
  bool cut = false;    // there was more output

  bool well() const { return how == How::exited && number == 0 && !cut; }
  /// "exited with 1", "was killed by signal 9", "was not done in time", "cannot be started: No such file or directory".
  std::string text() const;
};

struct RunOptions {
  std::size_t at_once = 1;
  std::chrono::nanoseconds within = std::chrono::minutes{10};  // each; killed when it is over
  std::size_t most_output = std::size_t{16} << 20;             // bytes kept of each; the rest is read and thrown away
  std::function<void(std::size_t call)> done = {};             // told of each that ends
};

/// What became of each call, in their order. A call is the path of a program and its arguments; it reads nothing from us.
std::vector<Ended> run_programs(const std::vector<std::vector<std::string>>& calls, const RunOptions& options);

/// The path of a program that may be run: `name` itself when it has a slash, else looked for in the folders of `path` ("/usr/bin:/bin").
std::optional<std::string> find_program(const std::string& name, std::string_view path);

}  // namespace finwatch::rules
