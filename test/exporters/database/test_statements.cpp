#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector statements_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::statements_collector;

namespace {

const std::vector<std::string> kSix = {"", "", "", "", "", ""};
const std::vector<std::string> kFive = {"", "", "", "", ""};

std::string line(const std::string& name, const std::string& engine, const std::string& rest) {
  return "finwatch_db_statement" + name + "{target=\"nc\",engine=\"" + engine + "\"" + rest + "\n";
}

}  // namespace

TEST_CASE("statements: PostgreSQL, by the version of the extension") {
  const auto [server_version, extension, time] =
      GENERATE(table<int, const char*, std::string>({{120022, "107", "sum(total_time)"},
                                                     {130018, "108", "sum(total_exec_time)"},
                                                     {150004, "110", "sum(total_exec_time)"},
                                                     {160000, "107", "sum(total_time)"},
                                                     {170000, "111", "sum(total_exec_time)"},
                                                     {180000, "112", "sum(total_exec_time)"}}));
  FakeServer server(Engine::postgresql, server_version);
  server.answer("pg_extension", {"", "", ""}, {{"\"My Stats\"", extension, "t"}});
  server.answer(time + " / 1000, sum(rows), NULL\n  FROM \"My Stats\".pg_stat_statements(false)", kSix,
                {{"10.5", "-1", "7", "12.5", "70", kNull}, {"10.6", "255", "1", "0.5", "0", kNull}});
  server.answer("\"My Stats\".pg_stat_statements(true)", kFive,
                {{"10.5", "-1", "nc_app", "nc", "SELECT *\n FROM voucher WHERE id = $1"},
                 {"10.6", "255", "root", "", "ALTER ROLE a PASSWORD 'b'"},
                 {"11.6", "255", "another", "", "never shown"}});
  server.answer("\"My Stats\".pg_stat_statements_info", {""}, {{"3"}});
  const Collected got = read_once(statements_collector, server);
  REQUIRE(got.status);
  const std::string app = ",database=\"nc\",user=\"nc_app\",statement=\"ffffffffffffffff\"";
  const std::string root = ",database=\"\",user=\"root\",statement=\"00000000000000ff\"";
  const std::string pg = "postgresql";
  CHECK(got.samples == line("s_tracked", pg, "} 2") + line("_calls_total", pg, app + "} 7") +
                           line("_calls_total", pg, root + "} 1") + line("_seconds_total", pg, app + "} 12.5") +
                           line("_seconds_total", pg, root + "} 0.5") + line("_rows_total", pg, app + "} 70") +
                           line("_rows_total", pg, root + "} 0") +
                           line("_info", pg, app + ",text=\"SELECT * FROM voucher WHERE id = $1\"} 1") +
                           line("_info", pg, root + ",text=\"ALTER ROLE a PASSWORD ?\"} 1") +
                           (std::string_view(extension) >= "109" ? line("s_deallocations_total", pg, "} 3") : ""));
}

TEST_CASE("statements: MySQL has quantiles, MariaDB has none") {
  const auto [engine, version, word] = GENERATE(table<Engine, int, std::string>({{Engine::mysql, 80036, "mysql"},
                                                                                 {Engine::mysql, 90100, "mysql"},
                                                                                 {Engine::mariadb, 100622, "mariadb"},
                                                                                 {Engine::mariadb, 110802, "mariadb"}}));
  const bool mysql = engine == Engine::mysql;
  FakeServer server(engine, version);
  server.answer("@@performance_schema", {""}, {{"1"}});
  server.answer("setup_consumers", {""}, {{"YES"}});
  server.answer(mysql ? "QUANTILE_95 / 1e12" : "SUM_ROWS_AFFECTED, NULL", kSix,
                {{"nc", "0123456789012345", "7", "12.5", "70", mysql ? "0.25" : kNull}});
  server.answer("DIGEST_TEXT", kFive, {{"nc", "0123456789012345", "", "nc", "SELECT * FROM `voucher` WHERE `id` = ?"}});
  const Collected got = read_once(statements_collector, server);
  REQUIRE(got.status);
  const std::string one = ",database=\"nc\",user=\"\",statement=\"0123456789012345\"";
  CHECK(got.samples == line("s_tracked", word, "} 1") + line("_calls_total", word, one + "} 7") +
                           line("_seconds_total", word, one + "} 12.5") + line("_rows_total", word, one + "} 70") +
                           (mysql ? line("_percentile_95_seconds", word, one + "} 0.25") : "") +
                           line("_info", word, one + ",text=\"SELECT * FROM `voucher` WHERE `id` = ?\"} 1"));
}

TEST_CASE("statements: those that took most since the last reading come, and stay for an hour; texts are read once") {
  ManualClock clock;
  KeptReader reader(statements_collector, {{"collector.statements.top", "1"}}, {}, &clock);
  FakeServer server(Engine::mariadb, 101119);
  server.answer("@@performance_schema", {""}, {{"1"}});
  server.answer("setup_consumers", {""}, {{"YES"}});
  server.answer("DIGEST_TEXT", kFive, {{"nc", "aa", "", "nc", "a"}, {"nc", "bb", "", "nc", "b"}, {"nc", "cc", "", "nc", "c"}});
  const auto shown = [&](const char* a, const char* b, const char* c) {
    server.answer("COUNT_STAR", kSix,
                  {{"nc", "aa", "1", a, "0", kNull}, {"nc", "bb", "1", b, "0", kNull}, {"nc", "cc", "1", c, "0", kNull}});
    server.asked.clear();
    clock.advance(std::chrono::minutes{1});
    const Collected got = reader.read(server);
    REQUIRE(got.status);
    std::string ids;
    for (const char* id : {"aa", "bb", "cc"})
      if (got.samples.find("seconds_total{target=\"nc\",engine=\"mariadb\",database=\"nc\",user=\"\",statement=\"" +
                           std::string(id)) != std::string::npos)
        ids += id;
    return ids + " " + std::to_string(server.asked.size());
  };
  CHECK(shown("100", "50", "1") == "aa 4");    // all since the start
  CHECK(shown("100", "51", "1") == "aabb 4");  // the first stays though it rests
  CHECK(shown("100", "52", "1") == "aabb 3");  // nothing new: no text is read
  clock.advance(std::chrono::minutes{30});
  CHECK(shown("100", "53", "2.5") == "bbcc 4");  // never more than twice the top: the one that rests longest goes
  clock.advance(std::chrono::minutes{61});
  CHECK(shown("100", "53", "3.5") == "cc 3");
  CHECK(shown("100", "0.5", "3.5") == "bbcc 4");  // reset: all of it is new
}

TEST_CASE("statements: without the extension, the schema or the grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.answer("pg_extension", {"", "", ""}, {});
  CHECK(read_once(statements_collector, server).status.error().code == Errc::no_data);
  server.answer("pg_extension", {"", "", ""}, {{"public", "110", "f"}});
  CHECK(read_once(statements_collector, server).status.error().code == Errc::permission);
  FakeServer off(Engine::mariadb, 101119);
  off.answer("@@performance_schema", {""}, {{"0"}});
  off.refuse("setup_consumers", Errc::permission);
  CHECK(read_once(statements_collector, off).status.error().code == Errc::no_data);
  off.answer("@@performance_schema", {""}, {{"1"}});
  CHECK(read_once(statements_collector, off).status.error().code == Errc::permission);
  off.answer("setup_consumers", {""}, {{"NO"}});
  CHECK(read_once(statements_collector, off).status.error().code == Errc::no_data);
}
