// The catalogue and the contract as files for Prometheus, Alertmanager and their test tools. The same input gives the same bytes.
//
//   Result<std::vector<File>> files = compile(*contract, *areas);
//   for (const File& file : *files) write(file.path, file.text);             // rules/database.rules.yml, tests/database.test.yml, …
//
// A kind of file is one maker: a .cpp of this folder, declared here, named in compile.cpp.
#pragma once

#include <string>
#include <vector>

#include "rules/tool/alerts/alert.h"

namespace finwatch::rules {

/// The first line of all that is made here.
inline constexpr std::string_view kMade =
    "# Made by finwatch compile: do not edit. Change rules/sla.yaml or the alert's file, and compile again.\n";

struct File {
  std::string path;  // below the folder of what is made
  std::string text;
};

/// All of it. config with the place of what is wrong.
Result<std::vector<File>> compile(const Contract& contract, const std::vector<Area>& areas);

/// rules/<area>.rules.yml and tests/<area>.test.yml. config with the place of an alert whose expression, class or severity is wrong.
Result<std::vector<File>> compile_alerts(const Contract& contract, const std::vector<Area>& areas);

}  // namespace finwatch::rules
