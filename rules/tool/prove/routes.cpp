// amtool's part: the routes.
#include <algorithm>
#include <filesystem>

#include "core/files.h"
#include "core/text.h"
#include "rules/tool/prove/prove.h"

namespace finwatch::rules {
namespace {

constexpr std::string_view kArrow = "->";

struct Route {
  Position where;
  std::string labels, receivers;  // as they stand
  std::vector<std::string> call;
};

// `alertname=A severity=light -> notifier,mail`
Route route_of(std::string_view line, const Position& where, const std::string& config, const Tool& amtool) {
  const std::size_t arrow = line.find(kArrow);
  Route route{where,
              std::string(trim(line.substr(0, arrow))),
              {},
              {amtool.path, "config", "routes", "test", "--config.file=" + config}};
  if (arrow != std::string_view::npos) route.receivers = trim(line.substr(arrow + kArrow.size()));
  for (FieldReader labels(route.labels); !labels.done();)
    if (const std::string_view label = labels.next(); !label.empty()) route.call.emplace_back(label);
  return route;
}

// amtool says the names of the receivers, with commas between them, below its warnings: Debian's package configures it for all who are here.
bool goes_there(const Ended& ended, const std::string& receivers) {
  std::string_view last;
  for (LineReader lines(ended.output); const auto line = lines.next();)
    if (!trim(*line).empty()) last = trim(*line);
  return ended.well() && last == receivers;
}

}  // namespace

bool has_routes(const std::string& folder) {
  std::error_code failed;
  return std::filesystem::exists(folder + "/alertmanager.yml", failed);
}

std::vector<Outcome> prove_routes(const std::string& folder, const Tool& amtool) {
  const std::string config = folder + "/alertmanager.yml", tests = folder + "/tests/routes.tests";
  const Ended checked = run_programs({{amtool.path, "check-config", config}}, amtool.options).front();
  std::vector<Outcome> outcomes{{"routes", "alertmanager.yml", {config, 1, 1}, Verdict::passed, {}}};
  if (!checked.well()) {
    outcomes.front().verdict = Verdict::failed;
    outcomes.front().text = "amtool " + checked.text() + "\n" + checked.output;
    return outcomes;
  }
  const Result<std::string> text = read_file(tests, std::size_t{64} << 20);
  if (!text) {
    outcomes.push_back(
        {"routes", "routes.tests", {tests, 1, 1}, Verdict::failed, text.error().message + "\nfinwatch compile makes it"});
    return outcomes;
  }
  std::vector<Route> routes;
  const auto file = std::make_shared<const std::string>(tests);
  int number = 0;
  for (LineReader lines(*text); const auto line = lines.next();) {
    ++number;
    if (!trim(*line).empty() && !line->starts_with('#')) routes.push_back(route_of(*line, {file, number, 1}, config, amtool));
  }
  if (routes.empty())
    outcomes.push_back({"routes", "routes.tests", {tests, 1, 1}, Verdict::failed, "no route in it: finwatch compile makes it"});
  std::vector<std::vector<std::string>> calls;
  for (const Route& route : routes) calls.push_back(route.call);
  const std::vector<Ended> ended = run_programs(calls, amtool.options);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    Outcome outcome{"routes", routes[i].labels, routes[i].where, Verdict::passed, {}};
    if (!goes_there(ended[i], routes[i].receivers)) {
      outcome.verdict = Verdict::failed;
      outcome.text = "expected " + routes[i].receivers + "\namtool " + ended[i].text() + ": " + ended[i].output;
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace finwatch::rules
