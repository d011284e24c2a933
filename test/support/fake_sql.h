// A database in memory: what it answers to a statement is what the test says, and a reader cannot tell the difference.
//
//   FakeServer server(Engine::postgresql, 150004);
//   server.answer("FROM pg_stat_activity", {"state", "count"}, {{"active", "3"}, {"idle", kNull}});
//   server.refuse("pg_stat_statements", Errc::permission);
//   const Collected got = read_once(connections_collector, server);      // "target" is nc
//   CHECK(got.samples == R"(finwatch_db_connections{target="nc",…} 3
//   )");
//
// The answer whose text the statement holds is given, the one that was set last first. A statement that nobody expected is
// malformed, as it is on a server that does not know the view.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "database/collector.h"
#include "support/collector_test.h"

namespace finwatch::test {

inline constexpr const char* kNull = nullptr;

class FakeServer final : public Sql {
 public:
  FakeServer(Engine engine, int version) : engine_(engine), version_(version) {}

  using Cells = std::vector<const char*>;
  void answer(std::string part, std::vector<std::string> columns, const std::vector<Cells>& rows);
  void refuse(std::string part, Errc code);

  Status query(std::string_view statement, SteadyTime deadline, SqlTable& rows) override;
  bool usable() const override { return true; }
  SqlReason reason() const override { return SqlReason::none; }
  Engine engine() const override { return engine_; }
  int version() const override { return version_; }
  std::string_view version_text() const override { return "fake"; }

  /// What collectors of MySQL and MariaDB ask first: SHOW PROCESSLIST with rows of id, user, database, command, seconds and state, and
  /// INNODB_TRX with rows of a session's id, whether it waits, and its age. Our own session is 7, max_connections 151.
  void answer_sessions(const std::vector<Cells>& processes, const std::vector<Cells>& transactions);

  std::vector<std::string> asked;  // every statement, in order

 private:
  struct Answer {
    std::string part;
    std::vector<std::string> columns;
    std::vector<std::vector<std::pair<bool, std::string>>> rows;
    bool refused = false;
    Errc code = Errc::internal;
  };
  Engine engine_;
  int version_;
  std::deque<Answer> answers_;
};

/// A reader that stays, for what changes between two calls.
class KeptReader {
 public:
  explicit KeptReader(const database::DatabaseCollector& row, const std::map<std::string, std::string>& flags = {},
                      database::TargetOptions target = {}, const Clock* clock = nullptr);
  Collected read(FakeServer& server);

 private:
  const database::DatabaseCollector& row_;
  FakeSettings settings_;
  database::TargetOptions target_;
  Env env_;
  std::unique_ptr<database::Reader> reader_;
};

Collected read_once(const database::DatabaseCollector& row, FakeServer& server,
                    const std::map<std::string, std::string>& flags = {}, database::TargetOptions target = {});

}  // namespace finwatch::test
