#include "rules/tool/cost/rules.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "rules/tool/promql/functions.h"
#include "rules/tool/promql/parse.h"

namespace finwatch::rules {
namespace {

Error wrong(const Position& where, const std::string& name, const Error& why) {
  return {Errc::config, where.text() + ": the expression of " + name + ": " + why.message};
}

struct Pending {
  const Area* area;
  const Recording* recording;
  Expression tree;
  std::size_t place;  // among the rules
};

// One that ends in "and on () (hour() % 6 == 0 and minute() < 10)" is written four times a day only, without the hour() once an hour.
std::chrono::milliseconds written_every(const Expression& tree, Speed speed) {
  const auto* binary = bare(tree).as<Binary>();
  if (binary == nullptr || binary->op != Operator::and_) return interval_of(speed);
  bool has_minute = false;
  double hours = 1;
  walk(bare(tree).parts.back(), [&](const Expression& node) {
    const auto* call = node.as<Call>();
    has_minute = has_minute || (call != nullptr && call->function->name == "minute");
    const auto* modulo = node.as<Binary>();
    if (modulo == nullptr || modulo->op != Operator::modulo) return;
    const auto* of = bare(node.parts.front()).as<Call>();
    const auto* number = bare(node.parts.back()).as<Number>();
    if (of != nullptr && of->function->name == "hour" && number != nullptr) hours = std::clamp(number->value, 1.0, 24.0);
  });
  if (!has_minute) return interval_of(speed);
  return std::chrono::hours{static_cast<int>(hours)};
}

// What a recording reads may be recorded further down, or in another area: those that wait for it come later.
void estimate_recordings(std::vector<Pending> pending, Fleet& fleet, std::vector<RuleCost>& rules) {
  while (!pending.empty()) {
    std::set<std::string> waiting;
    for (const Pending& one : pending) waiting.insert(one.recording->name);
    std::vector<Pending> later;
    for (Pending& one : pending) {
      Cost cost = estimate(one.tree, fleet);
      const bool waits = std::any_of(cost.unknown.begin(), cost.unknown.end(), [&](const std::string& name) {
        return waiting.contains(name) && name != one.recording->name;
      });
      if (waits) {
        later.push_back(std::move(one));
        continue;
      }
      fleet.add_recording(one.recording->name, cost.result, written_every(one.tree, one.recording->speed));
      waiting.erase(one.recording->name);
      // The table may know better than the expression how much is recorded.
      cost.recorded = fleet.series_of(one.recording->name);
      cost.microseconds += recording_microseconds(cost.recorded);
      rules[one.place].cost = std::move(cost);
    }
    if (later.size() == pending.size()) {  // they wait for each other
      for (const Pending& one : later) rules[one.place].cost = estimate(one.tree, fleet);
      return;
    }
    pending = std::move(later);
  }
}

std::string row(const Cost& cost, double recorded, const std::string& name) {
  char text[160];
  std::snprintf(text, sizeof text, "%10.1f%10.0f%12.0f%10.0f  ", cost.milliseconds(), cost.series, cost.samples, recorded);
  return text + name;
}

constexpr std::size_t index_of(Speed speed) { return static_cast<std::size_t>(speed); }

}  // namespace

Result<std::vector<RuleCost>> cost_of_rules(const std::vector<Area>& areas, const Contract& contract, Fleet& fleet) {
  std::vector<RuleCost> rules;
  std::vector<Pending> recordings;
  for (const Area& area : areas)
    for (const Recording& one : area.recordings) {
      Result<Expression> tree = parse_promql(one.expression);
      if (!tree) return wrong(one.expression_where, one.name, tree.error());
      recordings.push_back({&area, &one, std::move(*tree), rules.size()});
      rules.push_back({area.id, one.name, one.speed, true, one.expression_where, {}});
    }
  estimate_recordings(std::move(recordings), fleet, rules);
  for (const Area& area : areas)
    for (const Alert& one : area.alerts) {
      const Result<std::string> expression = expression_of(one, contract);
      if (!expression) return expression.error();
      const Result<Expression> tree = parse_promql(*expression);
      if (!tree) return wrong(one.expression_where, one.id, tree.error());
      Cost cost = estimate(*tree, fleet);
      cost.microseconds += alerting_microseconds(cost.recorded);
      rules.push_back({area.id, one.id, one.speed, false, one.expression_where, std::move(cost)});
    }
  return rules;
}

std::vector<std::string> cost_table(const std::vector<RuleCost>& rules, std::size_t most) {
  std::vector<const RuleCost*> dearest;
  std::array<Cost, kSpeeds.size()> sums;
  std::array<std::size_t, kSpeeds.size()> counts{};
  std::map<std::string, std::set<std::string>> unknown;
  for (const RuleCost& rule : rules) {
    dearest.push_back(&rule);
    Cost& sum = sums[index_of(rule.speed)];
    ++counts[index_of(rule.speed)];
    sum.series += rule.cost.series;
    sum.samples += rule.cost.samples;
    sum.microseconds += rule.cost.microseconds;
    if (rule.records) sum.recorded += rule.cost.recorded;
    for (const std::string& family : rule.cost.unknown) unknown[family].insert(rule.name);
  }
  std::stable_sort(dearest.begin(), dearest.end(),
                   [](const RuleCost* a, const RuleCost* b) { return a->cost.microseconds > b->cost.microseconds; });
  std::vector<std::string> lines{"        ms    series     samples  recorded  speed  rule"};
  for (std::size_t i = 0; i < std::min(most, dearest.size()); ++i) {
    const RuleCost& rule = *dearest[i];
    std::string name(to_string(rule.speed));
    name.append(7 - name.size(), ' ').append(rule.name);
    lines.push_back(row(rule.cost, rule.records ? rule.cost.recorded : 0, name));
  }
  lines.emplace_back("");
  lines.emplace_back("        ms    series     samples  recorded  an evaluation of all rules of a speed");
  double average = 0;
  for (const Speed speed : {Speed::fast, Speed::slow, Speed::calm}) {
    const Cost& sum = sums[index_of(speed)];
    const double share = 30.0 / static_cast<double>(interval_of(speed).count());
    if (speed != Speed::fast) average += share * sum.milliseconds();
    std::string name(to_string(speed));
    name.append(": ").append(std::to_string(counts[index_of(speed)])).append(" rules every ");
    name.append(std::to_string(interval_of(speed).count())).append(" s");
    lines.push_back(row(sum, sum.recorded, name));
  }
  char text[80];
  std::snprintf(text, sizeof text, "%10.1f  ms of slow and calm rules on average in 30 s", average);
  lines.emplace_back(text);
  for (const auto& [family, users] : unknown)
    lines.push_back("unknown family " + family + ", of " + *users.begin() + (users.size() > 1 ? " and others" : "") +
                    ": taken as one series a host, or a database, a flow … as its name begins");
  return lines;
}

}  // namespace finwatch::rules
