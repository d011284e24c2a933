#include "rules/tool/run/programs.h"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/catch.h"

using namespace finwatch::rules;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

Ended run(const std::string& script, RunOptions options = {}) { return run_programs({shell(script)}, options).front(); }

}  // namespace

TEST_CASE("programs: one that ends well is heard on both of its ways out, in the order of what it says") {
  const Ended ended = run("echo one; echo two >&2; echo three");
  CHECK(ended.well());
  CHECK(ended.output == "one\ntwo\nthree\n");
  CHECK(ended.text() == "exited with 0");
}

TEST_CASE("programs: an exit status, a signal and a program that is not there are told apart") {
  const Ended failed = run("echo no; exit 3");
  CHECK_FALSE(failed.well());
  CHECK(failed.text() == "exited with 3");
  CHECK(failed.output == "no\n");
  const Ended died = run("echo last words; kill -SEGV $$");
  CHECK(died.how == Ended::How::killed);
  CHECK(died.text() == "was killed by signal " + std::to_string(SIGSEGV));
  CHECK(died.output == "last words\n");
  const Ended none = run_programs({{"/none/promtool", "test"}}, {}).front();
  CHECK(none.how == Ended::How::not_started);
  CHECK(none.text() == "cannot be started: No such file or directory");
}

TEST_CASE("programs: one that hangs is killed, whatever it holds open, and its neighbours go on") {
  int told = 0;
  const std::vector<Ended> ended = run_programs({shell("echo here; sleep 1000 & exec sleep 1000"), shell("echo there")},
                                                {.at_once = 2, .within = 300ms, .done = [&](std::size_t) { ++told; }});
  CHECK(ended[0].how == Ended::How::late);
  CHECK(ended[0].text() == "was not done in time");
  CHECK(ended[0].output == "here\n");
  CHECK(told == 2);
}

TEST_CASE("programs: a child that outlives its parent does not keep us waiting") {
  const Ended ended = run("sleep 20 & echo done");
  CHECK(ended.well());
  CHECK(ended.output == "done\n");
}

TEST_CASE("programs: what closes its output is waited for, what reads finds nothing") {
  CHECK(run("exec >&- 2>&-; sleep 0.1; exit 4").number == 4);
  CHECK(run("cat; echo end").output == "end\n");
}

TEST_CASE("programs: megabytes come whole, and no more than may be kept") {
  const Ended whole = run("head -c 3000000 /dev/zero | tr '\\0' x");
  CHECK(whole.well());
  CHECK(whole.output == std::string(3'000'000, 'x'));
  const Ended cut = run("head -c 3000000 /dev/zero | tr '\\0' x", {.most_output = 1000});
  CHECK_FALSE(cut.well());
  CHECK(cut.output == std::string(1000, 'x'));
  CHECK(cut.text() == "exited with 0, and printed more than is kept");
  const Ended endless = run("exec yes", {.within = 200ms, .most_output = 1000});
  CHECK(endless.how == Ended::How::late);
  CHECK(endless.output.size() == 1000);
}

TEST_CASE("programs: never more at once than is allowed, and answers in the order of the calls") {
  // Each leaves a mark while it runs; the most that it sees is what is allowed.
  const std::string marks = std::filesystem::temp_directory_path() / ("finwatch-test-programs-" + std::to_string(::getpid()));
  std::filesystem::create_directory(marks);
  std::vector<std::vector<std::string>> calls;
  for (int i = 0; i < 12; ++i)
    calls.push_back(shell("cd " + marks + " && : > m" + std::to_string(i) + " && ls | wc -l && sleep 0.02 && rm m" +
                          std::to_string(i) + " && echo " + std::to_string(i)));
  const std::vector<Ended> ended = run_programs(calls, {.at_once = 3});
  std::filesystem::remove_all(marks);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    REQUIRE(ended[i].well());
    CHECK(std::stoi(ended[i].output) <= 3);
    CHECK(ended[i].output.ends_with("\n" + std::to_string(i) + "\n"));
  }
  CHECK(run_programs({}, {}).empty());
  CHECK(run_programs({shell("echo a"), shell("echo b")}, {.at_once = 0})[1].output == "b\n");
}

TEST_CASE("programs: a name is looked for in the folders of a path, in their order; what cannot be run is none") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("finwatch-test-path-" + std::to_string(::getpid()));
  for (const char* one : {"first", "second"}) {
    std::filesystem::create_directories(folder / one / "promtool-folder");
    std::ofstream(folder / one / "promtool") << "#!/bin/sh\n";
    std::ofstream(folder / one / "plain") << "no program\n";
  }
  std::filesystem::permissions(folder / "second/promtool", std::filesystem::perms::owner_all);
  const std::string path = "/none:" + (folder / "first").string() + ":" + (folder / "second").string();
  CHECK(find_program("promtool", path) == (folder / "second/promtool").string());
  CHECK(find_program("plain", path) == std::nullopt);
  CHECK(find_program("promtool-folder", path) == std::nullopt);
  CHECK(find_program("amtool", path) == std::nullopt);
  CHECK(find_program((folder / "second/promtool").string(), "") == (folder / "second/promtool").string());
  CHECK(find_program((folder / "first/promtool").string(), path) == std::nullopt);
  std::filesystem::remove_all(folder);
}
