// finwatch: the command line. One contract becomes rules, and proof that they fire.
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "conf/flags.h"
#include "conf/words.h"
#include "core/files.h"
#include "rules/tool/compile/compile.h"
#include "version.h"

namespace {

using namespace finwatch;
using namespace finwatch::rules;

constexpr int kFailed = 1;
constexpr int kWrongCommandLine = 2;

constexpr FlagSpec kContract{FlagKind::text, "contract", "rules/sla.yaml", "The contract."};
constexpr FlagSpec kAlerts{FlagKind::text, "alerts", "rules/alerts", "The folder of the alert catalogue."};
constexpr FlagSpec kOutput{FlagKind::text, "output", "rules/generated", "The folder that the files are written into."};
constexpr FlagSpec kDryRun{FlagKind::boolean, "dry-run", "false", "Write nothing; exit status 1 when a file would change."};

struct Command {
  std::string_view name, about;
  std::vector<FlagSpec> flags;
  int (*run)(const Flags& flags);
};

int complain(const Error& error) {
  std::fprintf(stderr, "finwatch: %s\n", error.message.c_str());
  return kFailed;
}

struct Input {
  Contract contract;
  std::vector<Area> areas;
};

Result<Input> load(const Flags& flags) {
  Result<Contract> contract = load_contract(std::string(flags.text("contract")));
  if (!contract) return contract.error();
  Result<std::vector<Area>> areas = load_areas(std::string(flags.text("alerts")));
  if (!areas) return areas.error();
  return Input{std::move(*contract), std::move(*areas)};
}

// Whole or not at all: beside its place, then renamed over what was there.
Status write_whole(const std::filesystem::path& path, const std::string& text) {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (failed) return {Errc::unavailable, path.parent_path().string() + ": " + failed.message()};
  const std::string beside = path.string() + ".new";
  errno = 0;
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  out.close();
  if (!out) {
    const Error error = error_from_errno(errno, "cannot write " + beside);
    std::filesystem::remove(beside, failed);
    return error;
  }
  std::filesystem::rename(beside, path, failed);
  if (failed) return {Errc::unavailable, path.string() + ": " + failed.message()};
  return ok();
}

int compile(const Flags& flags) {
  const Result<Input> input = load(flags);
  if (!input) return complain(input.error());
  const Result<std::vector<File>> files = compile_alerts(input->areas, input->contract);
  if (!files) return complain(files.error());
  const std::filesystem::path folder(flags.text("output"));
  const bool dry = flags.boolean("dry-run");
  std::size_t changed = 0;
  for (const File& file : *files) {
    const std::string path = (folder / file.path).string();
    const Result<std::string> before = read_file(path, 16 << 20);
    if (before && *before == file.text) continue;
    ++changed;
    std::printf("%s %s\n", dry ? "would write" : "wrote", path.c_str());
    if (dry) continue;
    if (Status status = write_whole(path, file.text); !status) return complain(status.error());
  }
  std::printf("%zu files, %zu %s\n", files->size(), changed, dry ? "would change" : "changed");
  return dry && changed > 0 ? kFailed : 0;
}

int check(const Flags& flags) {
  const Result<Input> input = load(flags);
  if (!input) return complain(input.error());
  const Result<std::vector<File>> files = compile_alerts(input->areas, input->contract);
  if (!files) return complain(files.error());
  std::size_t alerts = 0, cases = 0;
  for (const Area& area : input->areas)
    for (const Alert& alert : area.alerts) ++alerts, cases += alert.cases.size();
  std::printf("%zu services, %zu alerts with %zu cases: nothing wrong\n", input->contract.services.size(), alerts, cases);
  return 0;
}

const Command kCommands[] = {
    {"compile",
     "make rule files and their tests of the contract and the alert catalogue",
     {kContract, kAlerts, kOutput, kDryRun},
     compile},
    {"check", "say what is wrong with the contract and the alert catalogue", {kContract, kAlerts}, check},
};

std::string usage() {
  std::string text = "finwatch COMMAND [--flag=value …]\n\n";
  for (const Command& command : kCommands)
    text.append("  ")
        .append(command.name)
        .append(std::string(10 - command.name.size(), ' '))
        .append(command.about)
        .append("\n");
  return text + "\nfinwatch COMMAND --help shows the flags of a command. finwatch --version says what this is.\n";
}

int run(const Command& command, std::span<const char* const> words) {
  for (const std::string_view word : words)
    if (word == "--help" || word == "-h") {
      std::printf("finwatch %s: %s\n\n%s", command.name.data(), command.about.data(), Flags(command.flags).help().c_str());
      return 0;
    }
  Flags flags(command.flags);
  if (Status status = flags.parse(words); !status) {
    complain(status.error());
    return kWrongCommandLine;
  }
  return command.run(flags);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<const char*> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const std::string_view name = words.empty() ? "--help" : words[0];
  if (name == "--help" || name == "-h" || name == "help") {
    std::fputs(usage().c_str(), stdout);
    return words.empty() ? kWrongCommandLine : 0;
  }
  if (name == "--version") {
    std::printf("finwatch, version %s (revision %s)\n", kVersion, kRevision);
    return 0;
  }
  std::vector<std::string_view> known;
  for (const Command& command : kCommands) {
    if (command.name == name) return run(command, std::span(words).subspan(1));
    known.push_back(command.name);
  }
  std::fprintf(stderr, "finwatch: no command '%s'%s\n%s", words[0], did_you_mean(name, known).c_str(), usage().c_str());
  return kWrongCommandLine;
}
