// The catalogue and the contract as files for Prometheus and promtool. The same input gives the same bytes.
//
//   Result<std::vector<File>> files = compile_alerts(*areas, *contract);
//   for (const File& file : *files) write(file.path, file.text);             // rules/database.rules.yml, tests/database.test.yml, …
#pragma once

#include <string>
#include <vector>

#include "rules/tool/alerts/alert.h"

namespace finwatch::rules {

struct File {
  std::string path;  // below the folder of what is made
  std::string text;
};

/// config with the place of an alert whose expression, class or severity is wrong.
Result<std::vector<File>> compile_alerts(const std::vector<Area>& areas, const Contract& contract);

}  // namespace finwatch::rules
