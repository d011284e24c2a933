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
  Result<Tree> loaded = load_file(std::string(flags.text("config.file")));
  if (!loaded) return loaded.error();
  Assembly assembly{.chosen = {}, .file = std::make_shared<const Tree>(std::move(*loaded))};
  MapReader top(*assembly.file, "");
  for (const std::string_view section : program.sections) top.child(section);
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
    if (program.assemble) {
      assembly.chosen.push_back({info, std::move(*settings)});
      continue;
    }
    MadeCollector made = info->make(env, **settings);
    if (!made) return Error{Errc::config, "collector " + std::string(info->name) + ": " + made.error().message};
    entries.push_back({info, std::move(*made), false});
  }
  return program.assemble ? program.assemble(assembly, env) : std::move(entries);
}

}  // namespace finwatch
