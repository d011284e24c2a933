#include "core/tree.h"
#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector settings_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::settings_collector;

namespace {

Tree scalar(std::string text) {
  Tree tree;
  tree.kind = Tree::Kind::scalar;
  tree.scalar = std::move(text);
  return tree;
}

Tree map_of(std::vector<std::string> keys, std::vector<Tree> items) {
  Tree tree;
  tree.kind = Tree::Kind::map;
  tree.keys = std::move(keys);
  tree.items = std::move(items);
  return tree;
}

std::string read_with(const Tree& section, FakeServer& server) {
  const FakeSettings settings(settings_collector.info, {}, &section);
  finwatch::database::TargetOptions target;
  const Env env;
  const auto reader = settings_collector.make(settings, target);
  MetricSink sink;
  finwatch::database::DatabasePage page(sink, "nc", to_string(server.engine()));
  finwatch::database::Session session(server, target, env);
  session.deadline = SteadyTime::max();
  REQUIRE(reader->read(session, page));
  return std::string(sink.samples());
}

}  // namespace

TEST_CASE("settings: PostgreSQL, changes are counted from the second read on") {
  FakeServer server(Engine::postgresql, 150004);
  server.answer("FROM pg_settings", {"", "", "", ""}, {{"fsync", "on", "on", "0"}, {"shared_buffers", "16384", "128MB", "1"}});
  KeptReader reader(settings_collector);
  const Collected got = reader.read(server);
  REQUIRE(got.status);
  CHECK(got.samples == R"(finwatch_db_settings_hash{target="nc",engine="postgresql"} 2160049490
finwatch_db_settings_changes_total{target="nc",engine="postgresql"} 0
finwatch_db_settings_pending_restart{target="nc",engine="postgresql"} 1
)");
  CHECK(reader.read(server).samples == got.samples);
  server.answer("FROM pg_settings", {"", "", "", ""}, {{"fsync", "off", "off", "0"}, {"work_mem", "4096", "4MB", "0"}});
  CHECK(reader.read(server).samples == R"(finwatch_db_settings_hash{target="nc",engine="postgresql"} 118125393
finwatch_db_settings_changes_total{target="nc",engine="postgresql"} 3
finwatch_db_settings_pending_restart{target="nc",engine="postgresql"} 0
)");
}

TEST_CASE("settings: what is expected, in either spelling, and nothing of a setting that the server has not") {
  const Tree section = map_of({"expected"}, {map_of({"shared_buffers", "fsync", "max_connections", "gone"},
                                                    {scalar("128mb"), scalar("ON"), scalar("200"), scalar("1")})});
  FakeServer postgres(Engine::postgresql, 150004);
  postgres.answer(
      "FROM pg_settings", {"", "", "", ""},
      {{"fsync", "off", "off", "0"}, {"max_connections", "200", "200", "0"}, {"shared_buffers", "16384", "128MB", "0"}});
  CHECK(read_with(section, postgres) == R"(finwatch_db_settings_hash{target="nc",engine="postgresql"} 3665207138
finwatch_db_settings_changes_total{target="nc",engine="postgresql"} 0
finwatch_db_settings_pending_restart{target="nc",engine="postgresql"} 0
finwatch_db_setting_unexpected{target="nc",engine="postgresql",setting="fsync"} 1
finwatch_db_setting_unexpected{target="nc",engine="postgresql",setting="max_connections"} 0
finwatch_db_setting_unexpected{target="nc",engine="postgresql",setting="shared_buffers"} 0
)");
  FakeServer mysql(Engine::mysql, 80036);
  mysql.answer("SHOW GLOBAL VARIABLES", {"", ""}, {{"max_connections", "151"}});
  CHECK(read_with(section, mysql) == R"(finwatch_db_settings_hash{target="nc",engine="mysql"} 3293296322
finwatch_db_settings_changes_total{target="nc",engine="mysql"} 0
finwatch_db_setting_unexpected{target="nc",engine="mysql",setting="max_connections"} 1
)");
}

TEST_CASE("settings: a refusal, and an empty answer") {
  FakeServer server(Engine::mariadb, 101119);
  server.refuse("SHOW GLOBAL VARIABLES", Errc::permission);
  CHECK(read_once(settings_collector, server).status.error().code == Errc::permission);
  server.answer("SHOW GLOBAL VARIABLES", {"", ""}, {});
  CHECK(read_once(settings_collector, server).status.error().code == Errc::no_data);
}
