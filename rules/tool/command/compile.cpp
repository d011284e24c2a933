// finwatch compile: writes what is made of the contract and the catalogue, and takes away what is made no more.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/files.h"
#include "rules/tool/command/commands.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kOutput{FlagKind::text, "output", "rules/generated", "The folder that the files are written into."};
constexpr FlagSpec kDryRun{FlagKind::boolean, "dry-run", "false", "Write nothing; exit status 1 when a file would change."};

bool is_ours(const std::filesystem::path& path) {
  std::string begin(std::max(kMade.size(), kMadePage.size()), ' ');
  std::ifstream(path, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return begin.starts_with(kMade) || begin.starts_with(kMadePage);
}

// Files of an earlier run that nothing makes any more. Only those that say they were made here: a folder may hold more.
std::vector<std::string> stale_files(const std::filesystem::path& folder, const std::vector<File>& files) {
  std::set<std::filesystem::path> made;
  for (const File& file : files) made.insert((folder / file.path).lexically_normal());
  std::vector<std::string> stale;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (at->is_regular_file(failed) && !made.contains(at->path().lexically_normal()) && is_ours(at->path()))
      stale.push_back(at->path().string());
  std::sort(stale.begin(), stale.end());
  return stale;
}

int run(const Flags& flags) {
  const Result<Input> input = load_input(flags);
  if (!input) return complain(input.error());
  const Result<std::vector<File>> files = compile(input->contract, input->areas);
  if (!files) return complain(files.error());
  const std::filesystem::path folder(flags.text(kOutput.name));
  const bool dry = flags.boolean(kDryRun.name);
  std::size_t changed = 0;
  for (const File& file : *files) {
    const std::string path = (folder / file.path).string();
    const Result<std::string> before = read_file(path, std::size_t{64} << 20);
    if (before && *before == file.text) continue;
    ++changed;
    if (!dry)
      if (Status status = write_whole(path, file.text); !status) return complain(status.error());
    std::printf("%s %s\n", dry ? "would write" : "wrote", path.c_str());
  }
  for (const std::string& path : stale_files(folder, *files)) {
    ++changed;
    std::error_code failed;
    if (!dry) std::filesystem::remove(path, failed);
    if (failed) return complain({Errc::unavailable, "cannot remove " + path + ": " + failed.message()});
    std::printf("%s %s\n", dry ? "would remove" : "removed", path.c_str());
  }
  std::printf("%zu files, %zu %s\n", files->size(), changed, dry ? "would change" : "changed");
  return dry && changed > 0 ? kFailed : 0;
}

}  // namespace

const Command kCompileCommand{"compile",
                              "make rules, routes and their tests of the contract and the alert catalogue",
                              {kContractFlag, kAlertsFlag, kOutput, kDryRun},
                              run};

}  // namespace finwatch::rules
