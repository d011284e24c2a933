// finwatch diff OLD NEW: what the change from one contract to another means, in words.
#include "rules/tool/diff/diff.h"

#include <cstdio>
#include <filesystem>

#include "core/text.h"
#include "rules/tool/command/commands.h"

namespace finwatch::rules {
namespace {

constexpr int kSame = 0, kDifferent = 1, kTrouble = 2;  // as diff(1)

constexpr FlagSpec kContracts{FlagKind::list, "contracts", "",
                              "The old contract and the new one: files, or folders with sla.yaml (and alerts) in them. Their "
                              "names alone will do."};
constexpr FlagSpec kCatalogues{
    FlagKind::list, "alerts", "",
    "The folder of the alert catalogue of both; given twice, the old one and the new one. A contract's "
    "own folder 'alerts', or rules/alerts, when not given."};
constexpr FlagSpec kLanguage{FlagKind::text, "language", "", "zh or en. The new contract's first, when not given."};

int trouble(const Error& error) {
  complain(error);
  return kTrouble;
}

// The contract that a word of the command line names, and its catalogue.
Result<Side> load(const std::string& word, std::span<const std::string> catalogues, std::size_t which) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path contract = fs::is_directory(word, failed) ? fs::path(word) / "sla.yaml" : fs::path(word);
  const fs::path beside = contract.parent_path() / "alerts";
  std::string alerts = fs::is_directory(beside, failed) ? beside.string() : std::string(kAlertsFlag.default_value);
  if (!catalogues.empty()) alerts = catalogues[which < catalogues.size() ? which : 0];
  return load_side(contract.string(), alerts);
}

void print(const std::vector<Change>& changes, std::string_view language) {
  const auto in = [&](const Words& words) -> const std::string& { return language == "zh" ? words.zh : words.en; };
  const Words* section = nullptr;
  for (const Change& change : changes) {
    if (section == nullptr || section->en != change.section.en)
      std::printf("%s%s\n", section == nullptr ? "" : "\n", in(change.section).c_str());
    section = &change.section;
    std::printf("  %s\n", in(change.words).c_str());
  }
}

int run(const Flags& flags) {
  const auto contracts = flags.list(kContracts.name), catalogues = flags.list(kCatalogues.name);
  const std::string_view language = flags.text(kLanguage.name);
  if (contracts.size() != 2)
    return trouble({Errc::config, "diff: expected two contracts, such as finwatch diff old/sla.yaml rules/sla.yaml"});
  if (catalogues.size() > 2) return trouble({Errc::config, "--alerts: expected one catalogue, or the old one and the new one"});
  if (!language.empty() && language != "zh" && language != "en")
    return trouble({Errc::config, "--language: expected zh or en, found '" + valid_utf8(language) + "'"});
  const Result<Side> before = load(contracts[0], catalogues, 0);
  if (!before) return trouble(before.error());
  const Result<Side> after = load(contracts[1], catalogues, 1);
  if (!after) return trouble(after.error());
  const std::vector<Change> changes = differences(*before, *after);
  print(changes, language.empty() ? std::string_view(after->contract.languages.front()) : language);
  return changes.empty() ? kSame : kDifferent;
}

}  // namespace

const Command kDiffCommand{"diff",
                           "say in words what a change of the contract means; exit status 1 when there is one, 2 for trouble",
                           {kContracts, kCatalogues, kLanguage},
                           run,
                           kContracts.name};

}  // namespace finwatch::rules
