// The queries of dashboards: PromQL that is sound, and that a Prometheus has an answer to.
#include <algorithm>
#include <filesystem>

#include "conf/json.h"
#include "core/files.h"
#include "rules/tool/coverage/asked.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/prove/prove.h"

namespace finwatch::rules {
namespace {

std::vector<std::string> boards_below(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (at->path().extension() == ".json") paths.push_back(at->path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<std::vector<CoverageSubject>> queries_of(const std::string& path) {
  const Result<std::string> text = read_file(path, std::size_t{64} << 20);
  if (!text) return text.error();
  const Result<Tree> board = parse_json(*text, path);
  if (!board) return board.error();
  std::vector<CoverageSubject> queries;
  if (Status added = add_dashboard(*board, queries); !added) return added.error();
  return queries;
}

Outcome prove(const CoverageSubject& query, Prometheus* prometheus) {
  Outcome outcome{"dashboards", query.name, query.where, Verdict::passed, {}};
  const auto fail = [&](const Error& error) {
    outcome.verdict = Verdict::failed, outcome.text = query.expression + "\n" + error.message;
  };
  if (const Result<Expression> tree = parse_promql(query.expression); !tree) {
    fail(tree.error());
  } else if (prometheus != nullptr) {
    const Result<std::vector<Sample>> answer =
        prometheus->at(query.expression, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    if (!answer)
      fail(answer.error());
    else if (answer->empty())
      outcome.verdict = Verdict::skipped, outcome.text = "no data in this Prometheus";
  }
  return outcome;
}

}  // namespace

std::vector<Outcome> prove_dashboards(const std::string& folder, Prometheus* prometheus) {
  std::vector<Outcome> outcomes;
  for (const std::string& path : boards_below(folder)) {
    const Result<std::vector<CoverageSubject>> queries = queries_of(path);
    if (!queries) {
      outcomes.push_back({"dashboards", path, {path, 1, 1}, Verdict::failed, queries.error().message});
      continue;
    }
    for (const CoverageSubject& query : *queries) outcomes.push_back(prove(query, prometheus));
  }
  return outcomes;
}

}  // namespace finwatch::rules
