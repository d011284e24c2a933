#include "core/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "support/catch.h"

using namespace finwatch;

namespace {

// A pipe whose writing end is the log's descriptor.
class Pipe {
 public:
  Pipe() {
    REQUIRE(::pipe(ends_) == 0);
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int in() const { return ends_[1]; }
  std::string out() const {
    std::string all;
    char piece[4096];
    for (ssize_t count = 0; (count = ::read(ends_[0], piece, sizeof piece)) > 0;)
      all.append(piece, static_cast<std::size_t>(count));
    return all;
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace

TEST_CASE("log: logfmt, one line an event, values escaped") {
  const ManualClock clock;
  const Pipe pipe;
  const auto log = make_log(LogFormat::logfmt, LogLevel::info, pipe.in(), clock);
  log->debug("not this");
  log->warn("collector failed", {{"collector", "cpu"}, {"error", "line 3: \"x\"\n\x01\xFF"}, {"count", 7}, {"empty", ""}});
  CHECK(pipe.out() ==
        "time=2023-11-14T22:13:20.000Z level=warn msg=\"collector failed\" collector=cpu "
        "error=\"line 3: \\\"x\\\"\\n\\u0001\xEF\xBF\xBD\" count=7 empty=\"\"\n");
}

TEST_CASE("log: JSON") {
  const ManualClock clock;
  const Pipe pipe;
  make_log(LogFormat::json, LogLevel::debug, pipe.in(), clock)->error("月末", {{"path", "C:\\x"}});
  CHECK(pipe.out() == "{\"time\":\"2023-11-14T22:13:20.000Z\",\"level\":\"error\",\"msg\":\"月末\",\"path\":\"C:\\\\x\"}\n");
}

TEST_CASE("log: repeats within a minute are counted, not written") {
  ManualClock clock;
  const Pipe pipe;
  const auto log = make_log(LogFormat::logfmt, LogLevel::info, pipe.in(), clock);
  for (int i = 0; i < 100; ++i) log->warn("again", {{"file", "a"}});
  log->warn("again", {{"file", "b"}});
  std::string text = pipe.out();
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  clock.advance(std::chrono::seconds{61});
  log->warn("again", {{"file", "a"}});
  CHECK(pipe.out().find("repeated=99") != std::string::npos);
  for (int i = 0; i < 1500; ++i) {  // what it remembers stays bounded, and new lines are still written
    log->info("different", {{"number", i}});
    REQUIRE_FALSE(pipe.out().empty());
  }
}

TEST_CASE("log: levels by name") {
  CHECK(log_level("warn") == LogLevel::warn);
  CHECK(log_level("loud") == std::nullopt);
}

TEST_CASE("log: a reader that stopped reading costs lines, not time; the next line says how many") {
  const ManualClock clock;
  const Pipe pipe;
  const auto log = make_log(LogFormat::logfmt, LogLevel::info, pipe.in(), clock);
  for (int i = 0; i < 2000; ++i) log->info("a line that fills the pipe sooner or later", {{"number", i}});
  std::string text = pipe.out();
  const auto written = std::count(text.begin(), text.end(), '\n');
  CHECK(written > 100);
  CHECK(written < 2000);
  CHECK(text.ends_with('\n'));  // whole lines only
  log->info("reading again");
  CHECK(pipe.out() ==
        "time=2023-11-14T22:13:20.000Z level=info msg=\"reading again\" lines_lost=" + std::to_string(2000 - written) + "\n");
  log->info("and on");
  CHECK(pipe.out().find("lines_lost") == std::string::npos);
}

TEST_CASE("log: a descriptor that is closed or full is no reason to stop") {
  const ManualClock clock;
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  const auto log = make_log(LogFormat::json, LogLevel::debug, full, clock);
  log->info("nowhere", {{"long", std::string(100'000, 'x')}});
  ::close(full);
  log->info("still nowhere");
  make_log(LogFormat::json, LogLevel::debug, -1, clock)->info("never anywhere");
}
