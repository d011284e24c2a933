#include "rules/tool/command/known_metrics.h"

#include <filesystem>

#include "conf/json.h"
#include "conf/yaml.h"
#include "core/files.h"
#include "core/text.h"

namespace finwatch::rules {
namespace {

Result<std::vector<std::string>> files_of(const std::string& path, std::string_view extension) {
  std::error_code failed;
  if (!std::filesystem::is_directory(path, failed)) return std::vector<std::string>{path};
  const Result<std::vector<std::string>> names = list_folder(path);
  if (!names) return names.error();
  std::vector<std::string> paths;
  for (const std::string& name : *names)
    if (name.ends_with(extension)) paths.push_back(path + "/" + name);
  if (paths.empty()) return {Errc::config, path + ": no file *" + std::string(extension) + " in it"};
  return paths;
}

Status take_catalogues(const std::string& source, Metrics& metrics) {
  const Result<std::vector<std::string>> paths = files_of(source, ".json");
  if (!paths) return paths.error();
  for (const std::string& path : *paths) {
    const Result<std::string> text = fetch(path);
    if (!text) return text.error();
    const Result<std::vector<Tree>> catalogues = parse_json_values(*text, path == "-" ? "standard input" : path);
    if (!catalogues) return catalogues.error();
    if (catalogues->empty()) return {Errc::config, path + ": empty; expected what finwatch-host --catalogue prints"};
    for (const Tree& catalogue : *catalogues)
      if (Status added = add_catalogue(catalogue, false, metrics); !added) return added;
  }
  return ok();
}

// These stand beside the rules that ship; elsewhere there are none unless they are named.
bool left_out(const Flags& flags, std::string_view name) {
  std::error_code failed;
  return flags.text(name).empty() ||
         (!flags.given(name) && !std::filesystem::exists(std::filesystem::path(flags.text(name)), failed));
}

}  // namespace

std::vector<std::string> words_of(const Flags& flags, std::string_view name) {
  std::vector<std::string> words;
  for (const std::string& value : flags.list(name))
    for (FieldReader fields(value, ','); !fields.done();)
      if (const std::string_view word = trim(fields.next()); !word.empty()) words.emplace_back(word);
  return words;
}

Result<KnownMetrics> load_known_metrics(const Flags& flags) {
  KnownMetrics known;
  for (const std::string& label : words_of(flags, kLabelsFlag.name)) known.target_labels.insert(label);
  for (const std::string& source : words_of(flags, kCatalogueFlag.name))
    if (Status taken = take_catalogues(source, known.metrics); !taken) return taken.error();
  if (!left_out(flags, kDeclaredFlag.name)) {
    const Result<std::vector<std::string>> paths = files_of(std::string(flags.text(kDeclaredFlag.name)), ".yaml");
    if (!paths) return paths.error();
    for (const std::string& path : *paths) {
      const Result<Tree> file = load_yaml(path, {.substitute_environment = false});
      if (!file) return file.error();
      if (Status added = add_catalogue(*file, true, known.metrics); !added) return added.error();
    }
  }
  if (!left_out(flags, kPeersFlag.name)) {
    const Result<Tree> file = load_yaml(std::string(flags.text(kPeersFlag.name)), {.substitute_environment = false});
    if (!file) return file.error();
    if (Status added = add_peers(*file, known.metrics); !added) return added.error();
  }
  for (const std::string& source : words_of(flags, kMetricsFlag.name)) {
    const Result<std::string> text = fetch(source);
    if (!text) return text.error();
    Result<Page> page = parse_page(*text, source == "-" ? "standard input" : source);
    if (!page) return page.error();
    add_page(*page, known.metrics);
    known.pages.push_back(std::move(*page));
  }
  return known;
}

}  // namespace finwatch::rules
