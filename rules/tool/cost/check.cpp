// Which rules are too dear for how often they run.
#include <algorithm>
#include <map>

#include "rules/tool/cost/rules.h"
#include "rules/tool/promql/analyse.h"
#include "rules/tool/promql/lexer.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr hours kLongestWindow{1};
constexpr milliseconds kLongestRawWindow = hours{6};  // of a slower rule, without a word
constexpr std::string_view kAdvice = ": record it in a slow rule under a name of its own, and read that";

struct Rule {
  std::string name;
  Speed speed = Speed::fast;
  Position where;
  std::string text;
  Expression tree;
};

std::vector<Rule> rules_of(const std::vector<Area>& areas, const Contract& contract) {
  std::vector<Rule> rules;
  const auto add = [&](const std::string& name, Speed speed, const Position& where, std::string text) {
    if (Result<Expression> tree = parse_promql(text)) rules.push_back({name, speed, where, std::move(text), std::move(*tree)});
  };
  for (const Area& area : areas) {
    for (const Recording& one : area.recordings) add(one.name, one.speed, one.expression_where, one.expression);
    for (const Alert& one : area.alerts)
      if (Result<std::string> text = expression_of(one, contract))
        add(one.id, one.speed, one.expression_where, std::move(*text));
  }
  return rules;
}

class Checker {
 public:
  Checker(const std::vector<Area>& areas, const Contract& contract) : rules_(rules_of(areas, contract)) {
    for (const Area& area : areas)
      for (const Recording& one : area.recordings) recorded_[one.name] = one.speed;
  }

  std::vector<CostProblem> problems() {
    for (const Rule& rule : rules_) check(rule);
    check_repeated();
    return std::move(problems_);
  }

 private:
  std::vector<Rule> rules_;
  std::map<std::string, Speed> recorded_;
  std::vector<CostProblem> problems_;

  void say(const Rule& rule, std::size_t at, bool refused, const std::string& message) {
    problems_.push_back({rule.where, rule.name + ": " + error_at(rule.text, at, message).message, refused});
  }

  void check(const Rule& rule) {
    const bool fast = rule.speed == Speed::fast;
    for (const Selected& one : analyse_promql(rule.tree).selected) {
      if (one.name_is_pattern)
        say(rule, one.span.begin, fast,
            std::string(fast ? "a fast rule" : "a rule") +
                " that looks for metrics by a pattern goes through all of them: name each");
      else if (one.range > kLongestWindow)
        check_window(rule, one);
    }
    walk(rule.tree, [&](const Expression& node) {
      if (node.as<Subquery>() != nullptr)
        say(rule, node.span.begin, fast,
            std::string(fast ? "a subquery in a fast rule" : "a subquery") + " is worked out for each of its steps, each time" +
                std::string(kAdvice));
    });
  }

  void check_window(const Rule& rule, const Selected& one) {
    const auto recording = recorded_.find(one.name);
    // level:metric:operations that is not of the catalogue: whoever makes it answers for it.
    const bool is_recording = recording != recorded_.end() || std::count(one.name.begin(), one.name.end(), ':') > 0;
    const bool often = recording != recorded_.end() ? recording->second == Speed::fast : !is_recording;
    if (!often) return;
    const std::string what = "a window of " + print_length(one.range) + " over " + one.name + ", which is " +
                             (is_recording ? "recorded every 30 seconds" : "written with every scrape");
    if (rule.speed == Speed::fast)
      say(rule, one.span.begin, true,
          what + ": a fast rule reads at most " + print_length(kLongestWindow) + " of it" + std::string(kAdvice));
    else if (one.range > kLongestRawWindow)
      say(rule, one.span.begin, false, what + ", has many samples" + std::string(kAdvice));
  }

  // A part that two rules work out for themselves, with a window or a match in it, should be recorded once.
  void check_repeated() {
    std::map<std::string, std::pair<const Rule*, std::size_t>> first;
    for (const Rule& rule : rules_)
      walk(rule.tree, [&](const Expression& node) {
        const auto* binary = node.as<Binary>();
        const bool divides = binary != nullptr && binary->op == Operator::divide && node.parts[0].type == ValueType::vector &&
                             node.parts[1].type == ValueType::vector;
        if (!divides) return;
        const auto [at, is_new] = first.try_emplace(print_promql(node), &rule, node.span.begin);
        if (!is_new && at->second.first != &rule)
          say(rule, node.span.begin, false, "worked out by " + at->second.first->name + " as well: record it once");
      });
  }
};

}  // namespace

std::vector<CostProblem> check_cost(const std::vector<Area>& areas, const Contract& contract) {
  std::vector<CostProblem> problems = Checker(areas, contract).problems();
  Fleet fleet = Fleet::by_default();
  const Result<std::vector<RuleCost>> rules = cost_of_rules(areas, contract, fleet);
  if (!rules) return problems;
  for (const RuleCost& rule : *rules)
    if (rule.speed == Speed::fast && rule.cost.microseconds > kMostOfAFastRule)
      problems.push_back({rule.where,
                          rule.name + ": about " + std::to_string(static_cast<int>(rule.cost.milliseconds())) +
                              " ms an evaluation for " + fleet.text() + ": a fast rule should keep to 60",
                          false});
  return problems;
}

Status refuse_dear_rules(const std::vector<Area>& areas, const Contract& contract) {
  std::string all;
  for (const CostProblem& problem : check_cost(areas, contract))
    if (problem.refused) all.append(all.empty() ? "" : "\n").append(problem.text());
  return all.empty() ? ok() : Status(Errc::config, std::move(all));
}

}  // namespace finwatch::rules
