#include "rules/tool/compile/compile.h"

#include "rules/tool/cost/rules.h"

namespace finwatch::rules {

Result<std::vector<File>> compile(const Contract& contract, const std::vector<Area>& areas) {
  std::vector<File> all;
  for (const auto maker : {compile_alerts, compile_slo, compile_routes, compile_scrape, compile_policy, compile_runbooks}) {
    Result<std::vector<File>> files = maker(contract, areas);
    if (!files) return files.error();
    std::move(files->begin(), files->end(), std::back_inserter(all));
  }
  if (Status cheap = refuse_dear_rules(areas, contract); !cheap) return cheap.error();
  return all;
}

}  // namespace finwatch::rules
