#include "rules/tool/diff/diff.h"

#include "conf/yaml.h"
#include "rules/tool/diff/changes.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {

Result<Side> load_side(const std::string& contract, const std::string& alerts) {
  Result<Tree> file = load_yaml(contract);
  if (!file) return file.error();
  Result<Contract> read = read_contract(*file);
  if (!read) return read.error();
  Result<std::vector<Area>> areas = load_areas(alerts);
  if (!areas) return areas.error();
  Result<std::vector<File>> files = compile(*read, *areas);
  if (!files) return files.error();
  return Side{std::move(*file), std::move(*read), std::move(*areas), std::move(*files)};
}

std::string length_text(nanoseconds time) { return print_length(std::chrono::duration_cast<std::chrono::milliseconds>(time)); }

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out.append(out.empty() ? "" : ", ").append(text);
  return out;
}

std::vector<Change> differences(const Side& before, const Side& after) {
  Changes changes;
  compare_promises(before.contract, after.contract, changes);
  compare_people(before.contract, after.contract, changes);
  compare_settings(before.file, after.file, changes);
  compare_alerts(before, after, changes);
  compare_files(before.files, after.files, changes);
  return std::move(changes).found();
}

}  // namespace finwatch::rules
