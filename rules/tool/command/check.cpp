// finwatch check: what is wrong with the contract and the catalogue, before anything is made of them.
#include "rules/tool/check/check.h"

#include <algorithm>
#include <cstdio>

#include "core/json_text.h"
#include "rules/tool/command/commands.h"
#include "rules/tool/cost/rules.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kRunbooks{FlagKind::text, "runbooks", "rules/runbooks", "The folder of the runbooks."};
constexpr FlagSpec kNow{
    FlagKind::text, "now", "",
    "The moment to check the rota and the maintenance at, by the organisation's clock: 2026-12-24T18:00. Now, "
    "when not given."};
constexpr FlagSpec kCost{FlagKind::boolean, "cost", "false",
                         "Print an estimate of what each rule costs Prometheus; see finwatch cost."};
constexpr FlagSpec kStrict{FlagKind::boolean, "strict", "false", "Exit status 1 for warnings too."};
constexpr FlagSpec kJson{FlagKind::boolean, "json", "false",
                         "Print a list of JSON objects: file, line, column, level, check, text."};

std::string_view level_of(const Problem& problem) { return problem.weight == Problem::Weight::error ? "error" : "warning"; }

// What the compiler found first stands beside what the checks found, unless one of them said it of the same place.
void add(std::vector<Problem>& problems, const Error& error) {
  const bool said = std::any_of(problems.begin(), problems.end(), [&](const Problem& one) {
    return one.weight == Problem::Weight::error && error.message.starts_with(one.where.text() + ": ");
  });
  if (!said) problems.push_back({{}, "compile", error.message, Problem::Weight::error});
}

std::string text_of(const Problem& problem) {
  const std::string place = problem.where.file ? problem.where.text() + ": " : "";
  return place + std::string(level_of(problem)) + ": " + problem.text + " [" + std::string(problem.check) + "]\n";
}

std::string json_of(const std::vector<Problem>& problems) {
  JsonMembers list('[');
  for (const Problem& one : problems)
    list.add(JsonMembers('{')
                 .add("file", json_text(one.where.file ? *one.where.file : ""))
                 .add("line", std::to_string(one.where.line))
                 .add("column", std::to_string(one.where.column))
                 .add("level", json_text(level_of(one)))
                 .add("check", json_text(one.check))
                 .add("text", json_text(one.text))
                 .end());
  return list.end() + "\n";
}

void print_summary(const Input& input, std::size_t errors, std::size_t warnings) {
  std::size_t alerts = 0, cases = 0;
  for (const Area& area : input.areas)
    for (const Alert& alert : area.alerts) ++alerts, cases += alert.cases.size();
  std::printf("%zu services, %zu alerts with %zu cases: ", input.contract.services.size(), alerts, cases);
  if (errors + warnings == 0)
    std::printf("nothing wrong\n");
  else
    std::printf("%zu errors, %zu warnings\n", errors, warnings);
}

Status print_costs(const Input& input) {
  Fleet fleet = Fleet::by_default();
  const Result<std::vector<RuleCost>> rules = cost_of_rules(input.areas, input.contract, fleet);
  if (!rules) return rules.error();
  for (const std::string& line : cost_table(*rules, rules->size())) std::printf("%s\n", line.c_str());
  return ok();
}

int run(const Flags& flags) {
  const Result<Input> input = load_input(flags);
  if (!input) return complain(input.error());
  const Result<LocalTime> now = moment(input->contract, flags, kNow.name);
  if (!now) return complain(now.error());
  std::vector<Problem> problems =
      check_everything(input->contract, input->areas, {.runbooks = std::string(flags.text(kRunbooks.name)), .now = *now});
  if (const Result<std::vector<File>> files = compile(input->contract, input->areas); !files) add(problems, files.error());
  const auto errors = static_cast<std::size_t>(
      std::count_if(problems.begin(), problems.end(), [](const Problem& one) { return one.weight == Problem::Weight::error; }));
  const std::size_t warnings = problems.size() - errors;
  if (flags.boolean(kJson.name)) {
    std::fputs(json_of(problems).c_str(), stdout);
  } else {
    for (const Problem& one : problems) std::fputs(text_of(one).c_str(), stdout);
    if (flags.boolean(kCost.name))
      if (Status printed = print_costs(*input); !printed) return complain(printed.error());
    print_summary(*input, errors, warnings);
  }
  return errors > 0 || (flags.boolean(kStrict.name) && warnings > 0) ? kFailed : 0;
}

}  // namespace

const Command kCheckCommand{"check",
                            "say what is wrong with the contract and the alert catalogue",
                            {kContractFlag, kAlertsFlag, kRunbooks, kNow, kCost, kStrict, kJson},
                            run};

}  // namespace finwatch::rules
