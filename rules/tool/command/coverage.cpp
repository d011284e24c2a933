// finwatch coverage: is there what the rules, the panels and the routes ask for?
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <tuple>

#include "conf/json.h"
#include "conf/yaml.h"
#include "rules/tool/command/commands.h"
#include "rules/tool/command/known_metrics.h"
#include "rules/tool/coverage/asked.h"
#include "rules/tool/coverage/report.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kRules{FlagKind::text, "rules", "",
                          "Rule files, or a folder of them, in place of the contract's and the catalogue's own."};
constexpr FlagSpec kDashboards{FlagKind::text, "dashboards", "",
                               "A dashboard of Grafana (JSON), or a folder of them, beside those that are compiled."};
constexpr FlagSpec kRoutes{FlagKind::text, "routes", "", "An alertmanager.yml in place of the one that is compiled."};
constexpr FlagSpec kAll{FlagKind::boolean, "all", "false", "Show every metric and label, not only what is missing."};
constexpr FlagSpec kUnused{FlagKind::boolean, "unused", "false",
                           "List the metrics that nothing uses, not only how many there are."};
constexpr FlagSpec kJson{FlagKind::boolean, "json", "false", "All of it as JSON."};

struct Asked {
  std::vector<CoverageSubject> subjects;
  std::vector<Wish> wishes;
};

Status take_rules(std::string_view text, const std::string& path, Asked& asked) {
  const Result<RuleFile> file = read_rule_file(text, path);
  if (!file) return file.error();
  add_rules(*file, asked.subjects);
  return ok();
}

Status take_dashboard(std::string_view text, const std::string& path, Asked& asked) {
  const Result<Tree> json = parse_json(text, path);
  return json ? add_dashboard(*json, asked.subjects) : json.error();
}

Status take_routes(std::string_view text, const std::string& path, Asked& asked) {
  const Result<Tree> file = parse_yaml(text, path, {.substitute_environment = false});
  return file ? add_routes(*file, asked.wishes) : file.error();
}

// A rule that is made of the catalogue stands where the catalogue has it.
void place(const std::vector<Area>& areas, std::vector<CoverageSubject>& subjects) {
  std::map<std::pair<SubjectKind, std::string>, std::pair<Position, std::string>> places;
  for (const Area& area : areas) {
    for (const Alert& alert : area.alerts) places[{SubjectKind::alert, alert.id}] = {alert.where, alert.awaits};
    for (const Recording& one : area.recordings) places[{SubjectKind::recording, one.name}] = {one.where, ""};
  }
  for (CoverageSubject& subject : subjects)
    if (const auto found = places.find({subject.kind, subject.name}); found != places.end())
      std::tie(subject.where, subject.awaits) = found->second;
}

Status take_compiled(const Flags& flags, Asked& asked) {
  const Result<Input> input = load_input(flags);
  if (!input) return input.error();
  const Result<std::vector<File>> files = compile(input->contract, input->areas);
  if (!files) return files.error();
  for (const File& file : *files) {
    Status taken = ok();
    if (file.path.starts_with("rules/") && file.path.ends_with(".rules.yml")) taken = take_rules(file.text, file.path, asked);
    if (file.path.starts_with("dashboards/") && file.path.ends_with(".json"))
      taken = take_dashboard(file.text, file.path, asked);
    if (file.path.ends_with("alertmanager.yml") && !flags.given(kRoutes.name)) taken = take_routes(file.text, file.path, asked);
    if (!taken) return taken;
  }
  place(input->areas, asked.subjects);
  return ok();
}

Status take_named(const Flags& flags, Asked& asked) {
  if (flags.given(kRules.name)) {
    const Result<std::vector<std::string>> paths = rule_files(std::string(flags.text(kRules.name)));
    if (!paths) return paths.error();
    for (const std::string& path : *paths) {
      const Result<RuleFile> file = load_rule_file(path);
      if (!file) return file.error();
      add_rules(*file, asked.subjects);
    }
  }
  if (flags.given(kDashboards.name)) {
    const std::string path(flags.text(kDashboards.name));
    std::vector<std::string> paths{path};
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) {
      paths.clear();
      for (std::filesystem::recursive_directory_iterator at(path, failed), end; !failed && at != end; at.increment(failed))
        if (at->path().extension() == ".json") paths.push_back(at->path().string());
      std::sort(paths.begin(), paths.end());
    }
    for (const std::string& one : paths) {
      const Result<std::string> text = fetch(one);
      if (!text) return text.error();
      if (Status taken = take_dashboard(*text, one, asked); !taken) return taken;
    }
  }
  if (!flags.given(kRoutes.name)) return ok();
  const std::string path(flags.text(kRoutes.name));
  const Result<std::string> text = fetch(path);
  return text ? take_routes(*text, path, asked) : text.error();
}

int run(const Flags& flags) {
  if (!flags.given(kCatalogueFlag.name) && !flags.given(kMetricsFlag.name)) {
    complain({Errc::config,
              "nothing to hold the rules against; give --catalogue=FILE (finwatch-host --catalogue > FILE) or --metrics=URL"});
    return kWrongCommandLine;
  }
  const Result<KnownMetrics> known = load_known_metrics(flags);
  if (!known) return complain(known.error());
  Asked asked;
  if (!flags.given(kRules.name))
    if (Status taken = take_compiled(flags, asked); !taken) return complain(taken.error());
  if (Status taken = take_named(flags, asked); !taken) return complain(taken.error());
  const Coverage coverage = cover({known->metrics, known->pages, asked.subjects, asked.wishes, known->target_labels});
  const ReportOptions options{flags.boolean(kAll.name), flags.boolean(kUnused.name), !known->pages.empty()};
  std::fputs((flags.boolean(kJson.name) ? coverage_json(coverage) : coverage_text(coverage, options)).c_str(), stdout);
  return coverage.count(Standing::missing) > 0 ? kFailed : 0;
}

}  // namespace

const Command kCoverageCommand{"coverage",
                               "hold every metric and label of rules, panels and routes against what is exported",
                               {kCatalogueFlag, kMetricsFlag, kRules, kDashboards, kRoutes, kContractFlag, kAlertsFlag,
                                kPeersFlag, kDeclaredFlag, kLabelsFlag, kAll, kUnused, kJson},
                               run};

}  // namespace finwatch::rules
