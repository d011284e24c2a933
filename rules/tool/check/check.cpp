#include "rules/tool/check/check.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <tuple>

#include "rules/tool/check/subject.h"
#include "rules/tool/promql/parse.h"

namespace finwatch::rules {
namespace {

constexpr struct {
  std::string_view name;
  void (*run)(const Subject&, Problems&);
} kChecks[] = {
    {"promises", check_promises},     {"reach", check_reach},       {"rota", check_rotas},
    {"calendar", check_calendar},     {"names", check_names},       {"labels", check_labels},
    {"lost-probe", check_lost_probe}, {"runbooks", check_runbooks}, {"sms", check_short_texts},
};

void find_pairs(Subject& subject) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Area& area : subject.areas)
    for (const Alert& alert : area.alerts) {
      const auto fault_class = subject.contract.classes.find(alert.fault_class);
      const auto severity = subject.contract.severities.find(alert.severity);
      if (fault_class == subject.contract.classes.end() || severity == subject.contract.severities.end()) continue;
      if (alert.heartbeat || !seen.emplace(alert.fault_class, alert.severity).second) continue;
      subject.pairs.push_back({&fault_class->second, &severity->second, &alert});
    }
}

void find_scrape_interval(Subject& subject) {
  if (!subject.contract.scrape) return;
  nanoseconds longest = subject.contract.scrape->interval;
  for (const auto& [id, job] : subject.contract.scrape->jobs) longest = std::max(longest, job.interval.value_or(longest));
  subject.scrape_interval = std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

}  // namespace

void read_rules(Subject& subject, Problems& problems) {
  const auto read = [&](const Area& area, const Alert* alert, const Recording* recording, const std::string& text) {
    CheckedRule rule{.area = &area, .alert = alert, .recording = recording, .tree = {}, .analysis = {}};
    Result<Expression> tree = parse_promql(text);
    if (!tree) return problems.error(rule.where(), "the expression of " + rule.name() + ": " + tree.error().message);
    rule.tree = std::move(*tree);
    subject.rules.push_back(std::move(rule));
  };
  for (const Area& area : subject.areas) {
    for (const Recording& recording : area.recordings) read(area, nullptr, &recording, recording.expression);
    for (const Alert& alert : area.alerts)
      if (const Result<std::string> text = expression_of(alert, subject.contract))
        read(area, &alert, nullptr, *text);
      else
        problems.error(alert.expression_where, text.error().message.substr(alert.expression_where.text().size() + 2));
  }
  for (CheckedRule& rule : subject.rules) {  // now that they move no more
    rule.analysis = analyse_promql(rule.tree);
    if (rule.recording != nullptr) subject.recordings.emplace(rule.name(), &rule);
  }
}

// Once, though text messages and calls may both have found it.
void Problems::add(const Position& where, std::string text, Problem::Weight weight) {
  const bool said = std::any_of(found_.begin(), found_.end(), [&](const Problem& one) {
    return one.text == text && one.where.line == where.line && one.where.column == where.column;
  });
  if (!said) found_.push_back({where, check_, std::move(text), weight});
}

std::vector<Problem> Problems::in_order() && {
  const auto key = [](const Problem& one) {
    return std::tuple(one.where.file ? std::string_view(*one.where.file) : std::string_view(), one.where.line,
                      one.where.column);
  };
  std::stable_sort(found_.begin(), found_.end(), [&](const Problem& a, const Problem& b) { return key(a) < key(b); });
  return std::move(found_);
}

std::string shown_time(LocalTime time) {
  const auto minute = std::chrono::duration_cast<minutes>(time - day_of(time)).count();
  char text[16];
  std::snprintf(text, sizeof text, " %02d:%02d", static_cast<int>(minute / 60), static_cast<int>(minute % 60));
  return to_text(day_of(time)) + text;
}

Promise first_promise(const FaultClass& fault_class) {
  if (fault_class.answer) return {"answer", *fault_class.answer};
  if (fault_class.first_diagnosis) return {"first_diagnosis", *fault_class.first_diagnosis};
  return {"solve", fault_class.solve.value_or(nanoseconds{})};
}

Promise last_promise(const FaultClass& fault_class) {
  if (fault_class.solve) return {"solve", *fault_class.solve};
  if (fault_class.first_diagnosis) return {"first_diagnosis", *fault_class.first_diagnosis};
  return {"answer", fault_class.answer.value_or(nanoseconds{})};
}

std::vector<Problem> check_everything(const Contract& contract, const std::vector<Area>& areas, const CheckInput& input) {
  Subject subject{
      .contract = contract, .areas = areas, .input = input, .rules = {}, .recordings = {}, .rotas = {}, .pairs = {}};
  Problems problems;
  problems.begin("expressions");
  read_rules(subject, problems);
  problems.begin("rota");
  read_rotas(subject, problems);
  find_pairs(subject);
  find_scrape_interval(subject);
  for (const auto& check : kChecks) {
    problems.begin(check.name);
    check.run(subject, problems);
  }
  return std::move(problems).in_order();
}

}  // namespace finwatch::rules
