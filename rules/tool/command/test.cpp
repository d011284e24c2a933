// finwatch test: what is compiled, proved by the tools that will use it.
#include <cstdio>

#include "core/files.h"
#include "rules/tool/command/commands.h"
#include "rules/tool/command/prometheus.h"
#include "rules/tool/command/select.h"
#include "rules/tool/command/tools.h"
#include "rules/tool/prove/prove.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kOutput{FlagKind::text, "output", "rules/generated", "The folder that finwatch compile wrote into."};
constexpr FlagSpec kDashboards{FlagKind::text, "dashboards", "dashboards/generated", "The folder of dashboards (*.json)."};
constexpr FlagSpec kJunit{FlagKind::text, "junit", "", "Write the results into this file, as JUnit's XML."};

// The cases are known by the lines that they had when they were compiled.
Status is_compiled(const Input& input, const std::string& folder) {
  const Result<std::vector<File>> files = compile(input.contract, input.areas);
  if (!files) return files.error();
  for (const File& file : *files) {
    const std::string path = folder + "/" + file.path;
    const Result<std::string> text = read_file(path, std::size_t{64} << 20);
    if (!text || *text != file.text)
      return {Errc::config, path + (text ? " is not what the contract and the catalogue make" : " is not there") +
                                "; compile first: finwatch compile --output=" + folder};
  }
  return ok();
}

void append(std::vector<Outcome>& all, std::vector<Outcome> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

int run(const Flags& flags) {
  Result<Input> input = load_input(flags);
  if (!input) return complain(input.error());
  const std::string folder(flags.text(kOutput.name));
  if (Status compiled = is_compiled(*input, folder); !compiled) return complain(compiled.error());
  if (Status kept = keep_only(flags, input->areas); !kept) return complain(kept.error());
  const bool whole = !only_some(flags);

  const std::optional<std::string> promtool = find_tool(flags, kPromtoolFlag, "prometheus");
  if (!promtool) return kNoTool;
  Tool tool{*promtool, run_options(flags)};
  std::vector<Outcome> outcomes;
  std::size_t alerts = 0;
  for (const Area& area : input->areas) alerts += area.alerts.size();
  if (whole) append(outcomes, prove_rule_files(folder, tool));
  {
    Progress progress("files of cases", (alerts + kFilesAtOnce - 1) / kFilesAtOnce, kFilesAtOnce);
    tool.options.done = [&](std::size_t) { progress.step(); };
    append(outcomes, prove_cases(input->areas, folder, tool));
  }
  bool no_routes = false;
  if (whole) {
    no_routes = !has_routes(folder);
    if (!no_routes) {
      const std::optional<std::string> amtool = find_tool(flags, kAmtoolFlag, "prometheus-alertmanager");
      if (!amtool) return kNoTool;
      append(outcomes, prove_routes(folder, {*amtool, run_options(flags)}));
    }
    std::optional<HttpPrometheus> prometheus;  // the dashboards' queries are put to it, when there is one
    if (flags.given(kUrlFlag.name)) {
      Result<HttpPrometheus> opened = open_prometheus(flags, std::chrono::seconds{15});
      if (!opened) return complain(opened.error());
      prometheus = std::move(*opened);
    }
    append(outcomes, prove_dashboards(std::string(flags.text(kDashboards.name)), prometheus ? &*prometheus : nullptr));
  }

  std::fputs(summary_text(outcomes).c_str(), stdout);
  if (no_routes) std::printf("routes: none are compiled\n");
  if (flags.given(kJunit.name))
    if (Status written = write_whole(std::string(flags.text(kJunit.name)), junit_xml(outcomes)); !written)
      return complain(written.error());
  return count(outcomes, Verdict::failed) > 0 ? kFailed : 0;
}

}  // namespace

const Command kTestCommand{"test",
                           "prove what is compiled with promtool and amtool, and the dashboards' queries",
                           {kContractFlag, kAlertsFlag, kOutput, kAreaFlag, kOnlyFlag, kDashboards, kUrlFlag, kUserFlag,
                            kPasswordFlag, kBearerFlag, kCaFlag, kJunit, kJobsFlag, kTimeoutFlag, kPromtoolFlag, kAmtoolFlag},
                           run};

}  // namespace finwatch::rules
