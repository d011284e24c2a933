#include "configuration.h"

#include "conf/settings.h"
#include "conf/yaml.h"

namespace finwatch {
namespace {

Result<Tree> load_file(const std::string& path) {
  if (path.empty()) {
    Tree nothing;
    nothing.kind = Tree::Kind::map;
    return nothing;
  }
  Result<Tree> tree = load_yaml(path);
  if (!tree && tree.error().code == Errc::no_data)
    return {Errc::config, path + ": no such file; give its path with --config.file, or leave the flag out"};
  return tree;
}

Status check_names(const Program& program, const Tree& sections) {
  MapReader reader(sections, "collectors");
  for (const CollectorInfo* info : program.collectors) reader.child(info->name);
  return reader.finish();
}

}  // namespace

Result<std::vector<RunnerEntry>> load_configuration(const Program& program, const Flags& flags, const Env& env) {
  const Result<Tree> file = load_file(std::string(flags.text("config.file")));
  if (!file) return file.error();
  MapReader top(*file, "");
  const Tree* sections = top.map("collectors");
  if (Status status = top.finish(); !status) return status.error();
  if (sections != nullptr)
    if (Status status = check_names(program, *sections); !status) return status.error();
  std::vector<RunnerEntry> entries;
  for (const CollectorInfo* info : program.collectors) {
    const Tree* section = sections == nullptr ? nullptr : sections->find(info->name);
    auto settings = CollectorSettings::make(*info, flags, section);
    if (!settings) return settings.error();
    if (!(*settings)->enabled()) continue;
    MadeCollector made = info->make(env, **settings);
    if (!made) return Error{Errc::config, "collector " + std::string(info->name) + ": " + made.error().message};
    entries.push_back({info, std::move(*made), false});
  }
  return entries;
}

}  // namespace finwatch
