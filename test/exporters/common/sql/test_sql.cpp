#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "sql/socket.h"
#include "sql/sql.h"
#include "sql/watchdog.h"
#include "support/catch.h"

using namespace finwatch;
using namespace std::chrono_literals;

namespace {

struct Pair {
  int ends[2];
  Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0); }
  ~Pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
};

SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

TEST_CASE("sql table: NULL, text and numbers") {
  SqlTable table;
  table.add_column("name");
  table.add_column("value");
  CHECK(table.rows() == 0);
  table.add_cell("月末结账");
  table.add_cell("12.5");
  table.add_null();
  table.add_cell("t");
  CHECK(table.rows() == 2);
  CHECK(table.text(0, 0) == "月末结账");
  CHECK(table.number(0, 1) == 12.5);
  CHECK(table.is_null(1, 0));
  CHECK(table.text(1, 0).empty());
  CHECK_FALSE(table.number(1, 0));
  CHECK(table.number(1, 1) == 1);
  CHECK_FALSE(table.number(0, 0));
  CHECK(table.column("value") == 1U);
  CHECK_FALSE(table.column("other"));
  table.clear();
  CHECK(table.rows() == 0);
  CHECK(table.columns() == 0);
}

TEST_CASE("sql table: words of the engines are numbers") {
  SqlTable table;
  table.add_column("value");
  for (const char* word : {"ON", "OFF", "YES", "No", "true", "f", "maybe", "NaN"}) table.add_cell(word);
  CHECK(table.number(0, 0) == 1);
  CHECK(table.number(1, 0) == 0);
  CHECK(table.number(2, 0) == 1);
  CHECK(table.number(3, 0) == 0);
  CHECK(table.number(4, 0) == 1);
  CHECK(table.number(5, 0) == 0);
  CHECK_FALSE(table.number(6, 0));
}

TEST_CASE("sql address: the place is shown, never the password") {
  SqlAddress address{.host = "db1", .password = Secret("hidden")};
  CHECK(address.place() == "db1:5432");
  address.engine = Engine::mariadb;
  CHECK(address.place() == "db1:3306");
  address.host = "fd00::1";
  address.port = 3307;
  CHECK(address.place() == "[fd00::1]:3307");
  address.socket = "/run/mysqld/mysqld.sock";
  CHECK(address.place() == "/run/mysqld/mysqld.sock");
}

TEST_CASE("watchdog: a call that waits for ever ends at its deadline, and only that one") {
  const Pair frozen;
  const Pair patient;
  const SocketWatchdog::Watch later(patient.ends[0], in(1h));
  const SocketWatchdog::Watch watch(frozen.ends[0], in(20ms));
  char byte = 0;
  CHECK(::read(frozen.ends[0], &byte, 1) == 0);  // would wait for ever
  CHECK(watch.bit());
  CHECK_FALSE(later.bit());
  REQUIRE(::write(patient.ends[1], "x", 1) == 1);
  CHECK(::read(patient.ends[0], &byte, 1) == 1);
}

TEST_CASE("watchdog: what ended in time is left alone") {
  const Pair pair;
  { const SocketWatchdog::Watch watch(pair.ends[0], in(5ms)); }
  {
    const Pair other;
    const SocketWatchdog::Watch watch(other.ends[0], in(30ms));  // the dog has looked at least once when this one bites
    char byte = 0;
    CHECK(::read(other.ends[0], &byte, 1) == 0);
  }
  REQUIRE(::write(pair.ends[1], "x", 1) == 1);
  char byte = 0;
  CHECK(::read(pair.ends[0], &byte, 1) == 1);
}

TEST_CASE("watchdog: many at once, from many threads") {
  std::vector<std::thread> threads;
  std::atomic<int> ended{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int turn = 0; turn < 20; ++turn) {
        const Pair pair;
        const SocketWatchdog::Watch watch(pair.ends[0], in(std::chrono::milliseconds{turn % 3}));
        char byte = 0;
        if (::read(pair.ends[0], &byte, 1) == 0) ++ended;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(ended == 160);
}

TEST_CASE("socket handle: its own number, which a driver's close does not take away") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  SocketHandle handle(ends[0]);
  CHECK(handle.number() >= 0);
  CHECK(handle.number() != ends[0]);
  ::close(ends[0]);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  char byte = 0;
  CHECK(::read(handle.number(), &byte, 1) == 1);
  const SocketHandle moved = std::move(handle);
  CHECK(moved.number() >= 0);
  CHECK(SocketHandle(-1).number() == -1);
  ::close(ends[1]);
}

TEST_CASE("connecting: nobody there, a name that is none, a port that is closed") {
  for (const Engine engine : {Engine::postgresql, Engine::mysql}) {
    SqlAddress address{.engine = engine, .host = "127.0.0.1", .port = 1, .user = "monitor", .password = Secret("hidden-42")};
    const SqlConnected connected = connect_sql(address, in(2s));
    CHECK(connected.sql == nullptr);
    CHECK(to_string(connected.reason) == "refused");
    CHECK(connected.message.find("hidden-42") == std::string::npos);
    address.socket = "/nonexistent/socket";
    CHECK(to_string(connect_sql(address, in(2s)).reason) == "refused");
  }
}
