// finwatch check: what is wrong with the contract and the catalogue, before anything is made of them.
#include <cstdio>

#include "rules/tool/command/commands.h"

namespace finwatch::rules {
namespace {

int run(const Flags& flags) {
  const Result<Input> input = load_input(flags);
  if (!input) return complain(input.error());
  const Result<std::vector<File>> files = compile(input->contract, input->areas);
  if (!files) return complain(files.error());
  std::size_t alerts = 0, cases = 0;
  for (const Area& area : input->areas)
    for (const Alert& alert : area.alerts) ++alerts, cases += alert.cases.size();
  std::printf("%zu services, %zu alerts with %zu cases: nothing wrong\n", input->contract.services.size(), alerts, cases);
  return 0;
}

}  // namespace

const Command kCheckCommand{
    "check", "say what is wrong with the contract and the alert catalogue", {kContractFlag, kAlertsFlag}, run};

}  // namespace finwatch::rules
