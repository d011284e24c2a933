#include "support/fake_sql.h"

#include "core/exposition.h"

namespace finwatch::test {

void FakeServer::answer(std::string part, std::vector<std::string> columns, const std::vector<Cells>& rows) {
  Answer answer{.part = std::move(part), .columns = std::move(columns), .rows = {}};
  for (const Cells& cells : rows) {
    auto& row = answer.rows.emplace_back();
    for (const char* cell : cells) row.emplace_back(cell != nullptr, cell != nullptr ? cell : "");
  }
  answers_.push_front(std::move(answer));
}

void FakeServer::refuse(std::string part, Errc code) {
  Answer answer{.part = std::move(part), .columns = {}, .rows = {}, .refused = true, .code = code};
  answers_.push_front(std::move(answer));
}

void FakeServer::answer_sessions(const std::vector<Cells>& processes, const std::vector<Cells>& transactions) {
  std::vector<Cells> rows;
  for (const Cells& one : processes)
    rows.push_back({one.at(0), one.at(1), "10.1.2.3:4567", one.at(2), one.at(3), one.at(4), one.at(5), kNull});
  answer("SHOW PROCESSLIST", {"Id", "User", "Host", "db", "Command", "Time", "State", "Info"}, rows);
  answer("SELECT trx_mysql_thread_id, trx_state", {"", "", ""}, transactions);
  answer("SELECT connection_id()", {"", ""}, {{"7", "151"}});
}

Status FakeServer::query(std::string_view statement, SteadyTime, SqlTable& rows) {
  asked.emplace_back(statement);
  rows.clear();
  for (const Answer& answer : answers_) {
    if (statement.find(answer.part) == std::string_view::npos) continue;
    if (answer.refused) return {answer.code, "refused by the test"};
    for (const std::string& column : answer.columns) rows.add_column(column);
    for (const auto& row : answer.rows)
      for (const auto& [is_set, text] : row) is_set ? rows.add_cell(text) : rows.add_null();
    return ok();
  }
  return {Errc::malformed, "nobody expected: " + std::string(statement)};
}

KeptReader::KeptReader(const database::DatabaseCollector& row, const std::map<std::string, std::string>& flags,
                       database::TargetOptions target, const Clock* clock)
    : row_(row), settings_(row.info, flags), target_(std::move(target)) {
  if (clock != nullptr) env_.clock = clock;
  if (target_.name.empty()) target_.name = "nc";
  reader_ = row_.make(settings_, target_);
}

Collected KeptReader::read(FakeServer& server) {
  MetricSink sink;
  database::DatabasePage page(sink, target_.name, to_string(server.engine()));
  database::Session session(server, target_, env_);
  session.deadline = env_.clock->steady() + std::chrono::seconds{5};
  Collected got;
  got.status = reader_->read(session, page);
  Buffer text;
  write_page(sink, Format::text, text);
  got.page = std::string(text.view());
  got.samples = std::string(sink.samples());
  got.series = sink.series();
  return got;
}

Collected read_once(const database::DatabaseCollector& row, FakeServer& server, const std::map<std::string, std::string>& flags,
                    database::TargetOptions target) {
  return KeptReader(row, flags, std::move(target)).read(server);
}

}  // namespace finwatch::test
