// The catalogue and the contract as files for Prometheus, Alertmanager and their test tools. The same input gives the same bytes.
//
//   Result<std::vector<File>> files = compile(*contract, *areas);
//   for (const File& file : *files) write(file.path, file.text);             // rules/database.rules.yml, …
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

/// The same on a page of Markdown.
inline constexpr std::string_view kMadePage =
    "<!-- Made by finwatch compile: do not edit. Change rules/sla.yaml or the alert's file, and compile again. -->\n\n";

struct File {
  std::string path;  // below the folder of what is made
  std::string text;
};

/// All of it. config with the place of what is wrong.
Result<std::vector<File>> compile(const Contract& contract, const std::vector<Area>& areas);

/// rules/<area>.rules.yml, and for each alert tests/<area>/<alert>.rules.yml and .test.yml. config with the place of an alert whose expression, class or severity is wrong.
Result<std::vector<File>> compile_alerts(const Contract& contract, const std::vector<Area>& areas);

// Below, compile_alerts has found every class and severity to be known. What the contract has no section for is not made.

/// alertmanager.yml, templates/mail.tmpl and tests/routes.tests; with `channels`. config for wrong `inhibits` in any case.
Result<std::vector<File>> compile_routes(const Contract& contract, const std::vector<Area>& areas);
/// prometheus.yml; with `scrape`. config when a service is measured by what is not scraped.
Result<std::vector<File>> compile_scrape(const Contract& contract, const std::vector<Area>& areas);
/// notifier.yml and copies of the rotas; with `channels.notifier`. config when a step would reach nobody. Reads the rotas.
Result<std::vector<File>> compile_policy(const Contract& contract, const std::vector<Area>& areas);
/// runbooks/index.md and index.zh-CN.md, those of the organisation's languages.
Result<std::vector<File>> compile_runbooks(const Contract& contract, const std::vector<Area>& areas);
/// rules/slo-recordings.rules.yml and its tests; none when no service has an availability. config for a time zone that is not known.
Result<std::vector<File>> compile_slo(const Contract& contract, const std::vector<Area>& areas);

}  // namespace finwatch::rules
