// finwatch import: a public rule file under the same checks as our own.
#include <cstdio>
#include <filesystem>
#include <map>

#include "rules/tool/command/commands.h"
#include "rules/tool/command/known_metrics.h"
#include "rules/tool/coverage/report.h"
#include "rules/tool/import/import.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kFile{FlagKind::list, "file", "", "Rule files, or folders of them; also as words without a flag."};
constexpr FlagSpec kOutput{FlagKind::text, "output", "",
                           "The folder that an area file is written into for each rule file; else to standard output."};
constexpr FlagSpec kArea{FlagKind::text, "area", "", "The id of the area, for one file; else the name of the file."};
constexpr FlagSpec kForce{FlagKind::boolean, "force", "false", "Write over a file that is there."};
constexpr FlagSpec kQuiet{FlagKind::boolean, "quiet", "false", "Count what the rules lack, and do not list it."};

struct Source {
  std::string path, area;
};

// node-exporter.rules.yml → node-exporter; an area's id is a file's name.
std::string area_of(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  for (const std::string_view end : {".yaml", ".yml", ".rules", "_rules", "-rules"})
    if (name.ends_with(end) && name.size() > end.size()) name.resize(name.size() - end.size());
  for (char& c : name) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!fits) c = '-';
  }
  const char first = name.empty() ? '\0' : name.front();
  return (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ? name : "area-" + name;
}

// Where several files have one name, as packs have an embedded-exporter.yml in each folder, the folder goes before it.
Result<std::vector<Source>> sources(const Flags& flags) {
  std::vector<Source> found;
  for (const std::string& file : words_of(flags, kFile.name)) {
    const Result<std::vector<std::string>> paths = rule_files(file);
    if (!paths) return paths.error();
    for (const std::string& path : *paths) found.push_back({path, area_of(path)});
  }
  if (flags.given(kArea.name)) {
    if (found.size() != 1)
      return {Errc::config, "--area names the area of one file, found " + std::to_string(found.size()) + " files"};
    found.front().area = flags.text(kArea.name);
    return found;
  }
  std::map<std::string, int> times;
  for (const Source& source : found) ++times[source.area];
  for (Source& source : found)
    if (times[source.area] > 1)
      source.area = area_of(std::filesystem::path(source.path).parent_path().filename().string() + "-" + source.area);
  times.clear();
  for (Source& source : found)
    if (const int before = times[source.area]++; before > 0) source.area += "-" + std::to_string(before + 1);
  return found;
}

std::string counted(std::size_t count, std::string_view word) {
  return std::to_string(count) + " " + std::string(word) + (count == 1 ? "" : "s");
}

class Run {
 public:
  explicit Run(const Flags& flags) : flags_(flags), quiet_(flags.boolean(kQuiet.name)) {}
  int go();

 private:
  void take(const Source& source);
  static void list(const std::vector<Gap>& gaps);
  void cover_all() const;
  static void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }
  void failed(const Error& error) {
    failed_ = true;
    complain(error);
  }

  const Flags& flags_;
  const bool quiet_;
  std::vector<std::string> severities_;
  std::vector<CoverageSubject> subjects_;
  std::size_t alerts_ = 0, recordings_ = 0, gaps_ = 0, refused_ = 0;
  bool failed_ = false;
};

void Run::take(const Source& source) {
  const Result<RuleFile> file = load_rule_file(source.path);
  if (!file) return failed(file.error());
  add_rules(*file, subjects_);
  const Imported imported = import_rules(*file, source.area, severities_);
  alerts_ += imported.alerts;
  recordings_ += imported.recordings;
  gaps_ += imported.gaps.size();
  refused_ += imported.refused.size();
  for (const Error& error : imported.refused) failed(error);
  if (!quiet_) list(imported.gaps);
  if (!flags_.given(kOutput.name)) {
    std::fputs(imported.text.c_str(), stdout);
    return;
  }
  const std::string path = (std::filesystem::path(flags_.text(kOutput.name)) / (source.area + ".yaml")).string();
  std::error_code unknown;
  if (!flags_.boolean(kForce.name) && std::filesystem::exists(path, unknown))
    return failed({Errc::config, path + ": is there already; --force writes over it"});
  if (Status written = write_whole(path, imported.text); !written) return failed(written.error());
  say("wrote " + path);
}

// What one rule lacks is one line.
void Run::list(const std::vector<Gap>& gaps) {
  for (std::size_t i = 0; i < gaps.size();) {
    const Gap& first = gaps[i];
    std::string line = first.where.text() + ": " + first.rule + ": " + first.text;
    for (++i; i < gaps.size() && gaps[i].where.text() == first.where.text(); ++i) line += "; " + gaps[i].text;
    say(line);
  }
}

// Only where it is known what is exported: else every metric would be called missing.
void Run::cover_all() const {
  if (!flags_.given(kCatalogueFlag.name) && !flags_.given(kMetricsFlag.name))
    return say("metrics and labels are not looked up: give --catalogue=FILE or --metrics=URL");
  const Result<KnownMetrics> known = load_known_metrics(flags_);
  if (!known) {
    complain(known.error());
    return;
  }
  const Coverage coverage = cover({known->metrics, known->pages, subjects_, {}, known->target_labels});
  std::string text;
  for (const Row& row : coverage.rows)
    if (row.standing == Standing::missing && !(row.metric.empty() && row.label.empty())) text += row_text(row) + "\n";
  if (!known->pages.empty())
    for (const Inert& inert : coverage.inert)
      text += inert.where.text() + ": alert " + inert.alert + ": inert on this machine: no " + inert.lacks.front() + "\n";
  std::fputs(text.c_str(), stderr);
  say(std::to_string(coverage.count(Standing::exported)) + " metrics and labels exported, " +
      std::to_string(coverage.count(Standing::conditional)) + " conditional, " +
      std::to_string(coverage.count(Standing::missing)) + " missing");
}

int Run::go() {
  const Result<std::vector<Source>> found = sources(flags_);
  if (!found) return complain(found.error());
  if (found->empty()) {
    complain({Errc::config, "no rule file; give one: finwatch import node.rules.yml"});
    return kWrongCommandLine;
  }
  if (found->size() > 1 && !flags_.given(kOutput.name)) {
    complain({Errc::config, "several rule files need a folder to be written into: --output=FOLDER"});
    return kWrongCommandLine;
  }
  const Result<Contract> contract = load_contract(std::string(flags_.text(kContractFlag.name)));
  if (!contract) return complain(contract.error());
  for (const auto& [id, severity] : contract->severities) severities_.push_back(id);
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (found->size() > 1) say("[" + std::to_string(i + 1) + "/" + std::to_string(found->size()) + "] " + (*found)[i].path);
    take((*found)[i]);
  }
  cover_all();
  say(counted(found->size(), "file") + ": " + counted(alerts_, "alert") + " and " + counted(recordings_, "recording") + ", " +
      counted(gaps_, "gap") + "; left out as they cannot be read: " + std::to_string(refused_));
  return failed_ ? kFailed : 0;
}

int run(const Flags& flags) { return Run(flags).go(); }

}  // namespace

const Command kImportCommand{"import",
                             "make area files of public rule files, with what they lack marked",
                             {kFile, kOutput, kArea, kForce, kQuiet, kContractFlag, kCatalogueFlag, kMetricsFlag, kPeersFlag,
                              kDeclaredFlag, kLabelsFlag},
                             run,
                             kFile.name};

}  // namespace finwatch::rules
