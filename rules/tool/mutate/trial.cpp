#include "rules/tool/mutate/trial.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "core/text.h"
#include "rules/tool/compile/compile.h"
#include "rules/tool/prove/promtool.h"

namespace finwatch::rules {
namespace {

// A folder that goes with its owner.
class Folder {
 public:
  Folder() {
    std::error_code failed;
    path_ = (std::filesystem::temp_directory_path(failed) / "finwatch-mutate-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~Folder() {
    std::error_code failed;
    if (!path_.empty()) std::filesystem::remove_all(path_, failed);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr std::string_view kMark = "_mutant_";

// promtool starts in 50 ms. Cases that are worked out this often are put one after another, each to those that the last left over.
constexpr int kDear = 200;

class Round {
 public:
  Round(Trial& trial, const std::vector<Area>& areas, const Contract& contract, const std::string& folder)
      : trial_(trial),
        areas_(areas),
        contract_(contract),
        file_(folder + "/" + trial.rule.name),
        open_(trial.mutants.size(), true) {
    nanoseconds dearest{};
    for (const AlertCase& one : trial.rule.alert->cases) dearest = std::max(dearest, one.at);
    step_ = dearest / interval_of(trial.rule.alert->speed) > kDear ? 1 : trial.rule.alert->cases.size();
    to_ = step_;
  }

  std::string tests() const { return file_ + ".test.yml"; }
  bool done() const { return from_ == to_ || std::find(open_.begin(), open_.end(), true) == open_.end(); }

  /// The alert, and those of its mutants whose fate is open.
  Status write() const {
    std::vector<Rule> rules{trial_.rule};
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (open_[i])
        rules.push_back({trial_.rule.area, trial_.rule.alert, trial_.rule.name + std::string(kMark) + std::to_string(i),
                         trial_.mutants[i].expression, trial_.mutants[i].after});
    const Speed speed = trial_.rule.alert->speed;
    std::string text = "groups:\n" + group_text(trial_.rule.area->id, speed);
    for (const Recording* recording : recordings_behind(trial_.rule.expression, areas_)) text += recording_text(*recording);
    for (const Rule& rule : rules) text += alert_text(rule, contract_);
    std::string cases = tests_head(trial_.rule.name + ".rules.yml", speed);
    for (std::size_t i = from_; i < to_; ++i) cases += case_text(trial_.rule.alert->cases[i], rules);
    std::ofstream(file_ + ".rules.yml") << text;
    std::ofstream out(tests());
    out << cases;
    out.close();
    return out ? ok() : Status{Errc::unavailable, "cannot write " + tests()};
  }

  Status take(const FileVerdict& verdict) {
    bool again = false;
    if (!verdict.rest.empty()) return {Errc::unavailable, trial_.rule.name + ": promtool: " + verdict.rest};
    for (const Complaint& complaint : verdict.complaints) {
      const std::size_t mark = complaint.alert.find(kMark);
      if (mark == std::string::npos)
        return {Errc::config,
                trial_.rule.alert->where.text() + ": " + trial_.rule.name +
                    " does not pass its own cases, without which nothing can be said of its mutants: finwatch test\n" +
                    complaint.text};
      const auto mutant = to_number<std::size_t>(std::string_view(complaint.alert).substr(mark + kMark.size()));
      if (!mutant || *mutant >= open_.size()) return {Errc::internal, "a mutant that is none: " + complaint.alert};
      if (open_[*mutant]) trial_.fates[*mutant] = complaint.is_rule ? Fate::by_engine : Fate::by_cases;
      open_[*mutant] = false;
      // promtool left the case there: what is open must be asked again, without this one.
      again = again || complaint.is_rule;
    }
    if (again) return ok();
    from_ = to_;
    to_ = std::min(to_ + step_, trial_.rule.alert->cases.size());
    return ok();
  }

 private:
  Trial& trial_;
  const std::vector<Area>& areas_;
  const Contract& contract_;
  std::string file_;
  std::vector<bool> open_;
  std::size_t from_ = 0, to_ = 0, step_ = 1;  // the cases of this round
};

Status run_round(std::vector<Round>& rounds, const Tool& promtool) {
  std::vector<std::vector<std::string>> calls;
  std::vector<Round*> asked;
  for (Round& round : rounds) {
    if (round.done()) continue;
    if (Status written = round.write(); !written) return written;
    calls.push_back({promtool.path, "test", "rules", round.tests()});
    asked.push_back(&round);
  }
  const std::vector<Ended> ended = run_programs(calls, promtool.options);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const std::vector<FileVerdict> verdicts = read_test_output(ended[i].output);
    if (ended[i].how != Ended::How::exited || ended[i].cut || verdicts.size() != 1)
      return {Errc::unavailable, promtool.path + " " + ended[i].text() + ": " + ended[i].output.substr(0, 2000)};
    if (Status taken = asked[i]->take(verdicts.front()); !taken) return taken;
  }
  return ok();
}

}  // namespace

Status try_mutants(std::vector<Trial>& trials, const std::vector<Area>& areas, const Contract& contract, const Tool& promtool) {
  const Folder folder;
  if (folder.path().empty()) return error_from_errno(errno, "cannot make a temporary folder");
  Contract silent = contract;
  silent.languages.clear();  // texts are long, and say nothing of whether an alert fires
  std::vector<Round> rounds;
  for (Trial& trial : trials) {
    trial.fates.assign(trial.mutants.size(), Fate::survived);
    if (!trial.mutants.empty()) rounds.emplace_back(trial, areas, silent, folder.path());
  }
  while (std::any_of(rounds.begin(), rounds.end(), [](const Round& round) { return !round.done(); }))
    if (Status run = run_round(rounds, promtool); !run) return run;
  return ok();
}

}  // namespace finwatch::rules
