// The rota of a duty, from beside the contract.
//
//   Result<Rota> rota = load_rota(contract.duties.at("on_call"));
//   if (Status known = check_people(*rota, contract); !known) return known.error();
#pragma once

#include "conf/rota.h"
#include "rules/tool/contract/contract.h"

namespace finwatch::rules {

/// As conf/rota.h, of a duty that has one.
Result<Rota> load_rota(const Duty& duty);

/// Everybody in it stands under `people`.
Status check_people(const Rota& rota, const Contract& contract);

}  // namespace finwatch::rules
