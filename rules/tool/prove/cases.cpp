// promtool's part: rule files and the cases of alerts.
#include <algorithm>
#include <filesystem>
#include <map>

#include "core/files.h"
#include "core/text.h"
#include "rules/tool/prove/promtool.h"
#include "rules/tool/prove/prove.h"

namespace finwatch::rules {
namespace {

struct Proof {
  const Area* area;
  const Alert* alert;
  std::string file;
};

// What promtool said of each file, and of those of which it said nothing, how it ended.
std::map<std::string, FileVerdict> verdicts_of(const std::vector<Proof>& proofs, const Tool& promtool) {
  // Dear files are neighbours (a calm alert's cases last for weeks): the first call takes the 1st, the 38th, the 75th …
  std::vector<std::vector<std::string>> calls((proofs.size() + kFilesAtOnce - 1) / kFilesAtOnce,
                                              {promtool.path, "test", "rules"});
  for (std::size_t i = 0; i < proofs.size(); ++i) calls[i % calls.size()].push_back(proofs[i].file);
  const std::vector<Ended> ended = run_programs(calls, promtool.options);
  std::map<std::string, FileVerdict> verdicts;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    for (FileVerdict& file : read_test_output(ended[i].output)) verdicts.emplace(file.path, std::move(file));
    const std::string why = calls[i][0] + " " + ended[i].text() + "\n" + ended[i].output.substr(0, 2000);
    for (std::size_t word = 3; word < calls[i].size(); ++word) {
      FileVerdict& file = verdicts.emplace(calls[i][word], FileVerdict{calls[i][word], false, {}, why}).first->second;
      // The last it spoke of may be the one that it died in.
      if (ended[i].how != Ended::How::exited && !file.passed && file.complaints.empty()) file.rest = why;
    }
  }
  return verdicts;
}

Outcome outcome_of(const Proof& proof, const AlertCase& one, const FileVerdict& file) {
  Outcome outcome{
      proof.area->id, proof.alert->id + (one.firing.empty() ? ": silent" : ": firing"), one.where, Verdict::passed, {}};
  if (file.passed) return outcome;
  std::string unplaced = file.rest;
  for (const Complaint& complaint : file.complaints)
    if (complaint.line == static_cast<std::size_t>(one.where.line))
      outcome.text += complaint.text;
    else if (complaint.line == 0)
      unplaced += complaint.text;
  if (outcome.text.empty() && !unplaced.empty())
    outcome.text = "one of the cases of " + proof.file + ", promtool does not say which:\n" + unplaced;
  if (!outcome.text.empty()) outcome.verdict = Verdict::failed;
  return outcome;
}

}  // namespace

std::vector<Outcome> prove_rule_files(const std::string& folder, const Tool& promtool) {
  const std::string place = folder + "/rules";
  std::vector<std::string> files;
  if (const Result<std::vector<std::string>> names = list_folder(place))
    for (const std::string& name : *names)
      if (name.ends_with(".rules.yml")) files.push_back(place + "/" + name);
  if (files.empty())
    return {{"rule files", "none", {place, 0, 0}, Verdict::failed, "no *.rules.yml: finwatch compile makes them"}};
  std::vector<std::vector<std::string>> calls;
  for (const std::string& file : files) calls.push_back({promtool.path, "check", "rules", file});
  const std::vector<Ended> ended = run_programs(calls, promtool.options);
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string name = std::filesystem::path(files[i]).filename();
    Outcome outcome{"rule files", name, {files[i], 1, 1}, Verdict::passed, {}};
    if (!ended[i].well())
      outcome.verdict = Verdict::failed, outcome.text = "promtool " + ended[i].text() + "\n" + ended[i].output;
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

std::vector<Outcome> prove_cases(const std::vector<Area>& areas, const std::string& folder, const Tool& promtool) {
  std::vector<Proof> proofs;
  std::vector<Outcome> outcomes;
  for (const Area& area : areas)
    for (const Alert& alert : area.alerts) {
      std::string file = folder;
      file.append("/tests/").append(area.id).append("/").append(alert.id).append(".test.yml");
      std::error_code failed;
      if (std::filesystem::exists(file, failed))  // promtool refuses all where one is not there
        proofs.push_back({&area, &alert, std::move(file)});
      else
        outcomes.push_back({area.id, alert.id, alert.where, Verdict::failed, "no " + file + ": finwatch compile makes it"});
    }
  if (proofs.empty()) return outcomes;
  const std::map<std::string, FileVerdict> verdicts = verdicts_of(proofs, promtool);
  for (const Proof& proof : proofs)
    for (const AlertCase& one : proof.alert->cases) outcomes.push_back(outcome_of(proof, one, verdicts.at(proof.file)));
  return outcomes;
}

}  // namespace finwatch::rules
