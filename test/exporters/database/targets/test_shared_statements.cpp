#include "database/targets/shared_statements.h"

#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_database_collector;
extern const DatabaseCollector pg_stat_user_tables_collector;
extern const DatabaseCollector pg_statio_user_tables_collector;
extern const DatabaseCollector sizes_collector;
}  // namespace finwatch::database

using namespace finwatch;
using namespace finwatch::test;
using namespace finwatch::database;

namespace {

// Two readers in one lane of one target.
struct Lane2 {
  explicit Lane2(FakeServer& server) : session(server, target, env) {
    session.deadline = env.clock->steady() + std::chrono::seconds{5};
  }
  Status read(const DatabaseCollector& row, const std::map<std::string, std::string>& flags = {}) {
    const FakeSettings settings(row.info, flags);
    MetricSink sink;
    DatabasePage page(sink, "nc", "postgresql");
    return row.make(settings, target)->read(session, page);
  }
  TargetOptions target;
  Env env;
  Session session;
};

}  // namespace

TEST_CASE("shared statements: two collectors of tables ask once in a run, and anew in the next") {
  FakeServer server(Engine::postgresql, 150018);
  server.answer("FROM pg_class", {"datname"}, {});
  Lane2 lane(server);
  REQUIRE(lane.read(pg_stat_user_tables_collector));
  REQUIRE(lane.read(pg_statio_user_tables_collector));
  CHECK(server.asked.size() == 1);
  lane.session.end_run();
  REQUIRE(lane.read(pg_statio_user_tables_collector));
  CHECK(server.asked.size() == 2);
}

TEST_CASE("shared statements: another number of tables is another statement") {
  FakeServer server(Engine::postgresql, 150018);
  server.answer("FROM pg_class", {"datname"}, {});
  Lane2 lane(server);
  REQUIRE(lane.read(pg_stat_user_tables_collector, {{"collector.pg_stat_user_tables.top", "0"}}));
  REQUIRE(lane.read(pg_statio_user_tables_collector));
  CHECK(server.asked.size() == 2);
}

TEST_CASE("shared statements: sizes of databases are measured once in a run; what fails, fails for both") {
  FakeServer server(Engine::postgresql, 150018);
  server.answer("pg_ls_waldir", {"", ""}, {});
  server.answer("pg_database_size", {"datname"}, {});
  Lane2 lane(server);
  REQUIRE(lane.read(pg_database_collector));
  REQUIRE(lane.read(sizes_collector));
  CHECK(server.asked.size() == 2);  // and the log
  lane.session.end_run();
  server.refuse("pg_database_size", Errc::timeout);
  CHECK(lane.read(pg_database_collector).error().code == Errc::timeout);
  CHECK(lane.read(sizes_collector).error().code == Errc::timeout);
  CHECK(server.asked.size() == 3);
}
