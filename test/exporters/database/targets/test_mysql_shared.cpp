#include "database/targets/mysql_shared.h"

#include <chrono>

#include "core/environment.h"
#include "support/catch.h"
#include "support/fake_sql.h"

using namespace finwatch;
using namespace finwatch::database;
using namespace finwatch::test;
using std::chrono::seconds;

namespace {

struct OneLane {
  explicit OneLane(Engine engine, TargetOptions options = {}) : server(engine, 101119), target(std::move(options)) {
    env.clock = &clock;
    server.answer_sessions({}, {});
    server.answer("SHOW GLOBAL STATUS", {"", ""}, {{"Slow_queries", "17"}, {"Innodb_deadlocks", kNull}});
    server.answer("INNODB_METRICS", {"", ""}, {{"lock_timeouts", "9"}});
  }
  ManualClock clock;
  FakeServer server;
  TargetOptions target;
  Env env;
  Session session{server, target, env};
};

}  // namespace

TEST_CASE("shared: each is asked once a run, what seldom changes once a medium interval") {
  OneLane lane(Engine::mariadb);
  const auto run = [&] {
    lane.server.asked.clear();
    for (int collector = 0; collector < 3; ++collector) {
      REQUIRE(mysql_sessions(lane.session));
      REQUIRE(mysql_innodb_metrics(lane.session)->value("lock_timeouts") == 9);
      REQUIRE(mysql_status(lane.session)->value("Slow_queries") == 17);
      CHECK_FALSE(mysql_status(lane.session)->value("Innodb_deadlocks"));
      CHECK_FALSE(mysql_status(lane.session)->value("Threads_connected"));
    }
    lane.session.end_run();
    return lane.server.asked.size();
  };
  CHECK(run() == 5);
  CHECK(run() == 3);
  lane.clock.advance(seconds{59});
  CHECK(run() == 3);
  lane.clock.advance(seconds{1});
  CHECK(run() == 5);
}

TEST_CASE("shared: a failure is that of everybody who asks, and gone in the next run") {
  OneLane lane(Engine::mysql);
  lane.server.refuse("SHOW GLOBAL STATUS", Errc::timeout);
  lane.server.refuse("SELECT connection_id()", Errc::permission);
  lane.server.asked.clear();
  CHECK(mysql_status(lane.session).error().code == Errc::timeout);
  CHECK(mysql_status(lane.session).error().code == Errc::timeout);
  CHECK(lane.server.asked.size() == 1);
  CHECK(mysql_sessions(lane.session).error().code == Errc::permission);
  lane.session.end_run();
  lane.server.answer("SHOW GLOBAL STATUS", {"", ""}, {{"Slow_queries", "18"}});
  lane.server.answer("SELECT connection_id()", {"", ""}, {{"7", "500"}});
  CHECK(mysql_status(lane.session)->value("Slow_queries") == 18);
  CHECK(mysql_sessions(lane.session)->limit == 500);
}

TEST_CASE("shared: the whole status is read only where somebody shows all of it") {
  const auto statement = [](TargetOptions options) {
    OneLane lane(Engine::mariadb, std::move(options));
    REQUIRE(mysql_status(lane.session));
    return lane.server.asked.at(0);
  };
  CHECK(statement({}) == kMysqlWholeStatus);
  CHECK(statement({.collectors = {"locks", "mysql_global_status"}}) == kMysqlWholeStatus);
  CHECK(statement({.collectors = {"locks"}}).find("'Slow_queries'") != std::string::npos);
  CHECK(statement({.established_names = false}).find("'Slow_queries'") != std::string::npos);
}

TEST_CASE("shared: sessions with their transactions, and what they are") {
  OneLane lane(Engine::mysql);
  lane.server.answer_sessions({{"1", "event_scheduler", kNull, "Daemon", kNull, "Waiting on empty queue"},
                               {"7", "monitor", kNull, "Query", "0", "starting"},
                               {"11", "nc_app", "nc", "Sleep", "60", ""},
                               {"12", "nc_app", "nc", "Sleep", "5", ""}},
                              {{"12", "0", "3"}, {"0", "0", "9000"}, {"99", "1", "4"}});
  const auto sessions = mysql_sessions(lane.session);
  REQUIRE(sessions);
  REQUIRE(sessions->all.size() == 4);
  CHECK(sessions->waiting_transactions == 1);
  CHECK(sessions->limit == 151);
  CHECK_FALSE(sessions->all[0].is_client);
  CHECK_FALSE(sessions->all[0].seconds);
  CHECK(sessions->all[1].is_own);
  CHECK_FALSE(sessions->all[2].is_idle_in_transaction());
  CHECK(sessions->all[3].is_idle_in_transaction());
  CHECK(sessions->all[3].transaction_seconds == 3);
  CHECK(sessions->all[3].database == "nc");
}
