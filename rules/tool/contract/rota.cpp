#include "rules/tool/contract/rota.h"

#include "rules/tool/contract/read.h"

namespace finwatch::rules {

Result<Rota> load_rota(const Duty& duty) { return finwatch::load_rota(duty.where.beside(duty.rota), duty.hand_over); }

Status check_people(const Rota& rota, const Contract& contract) {
  for (const Rota::Line& line : rota.lines())
    if (!line.person.empty())
      if (Status known = check_known(line.where, "the rota", "person", line.person, contract.people); !known) return known;
  return ok();
}

}  // namespace finwatch::rules
