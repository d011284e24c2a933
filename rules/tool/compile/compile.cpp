#include "rules/tool/compile/compile.h"

namespace finwatch::rules {

Result<std::vector<File>> compile(const Contract& contract, const std::vector<Area>& areas) {
  std::vector<File> all;
  for (const auto maker : {compile_alerts}) {
    Result<std::vector<File>> files = maker(contract, areas);
    if (!files) return files.error();
    std::move(files->begin(), files->end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace finwatch::rules
