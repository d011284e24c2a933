#include "rules/tool/command/command.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "core/files.h"

namespace finwatch::rules {

int complain(const Error& error) {
  std::fprintf(stderr, "finwatch: %s\n", error.message.c_str());
  return kFailed;
}

Result<Input> load_input(const Flags& flags) {
  Result<Contract> contract = load_contract(std::string(flags.text(kContractFlag.name)));
  if (!contract) return contract.error();
  Result<std::vector<Area>> areas = load_areas(std::string(flags.text(kAlertsFlag.name)));
  if (!areas) return areas.error();
  return Input{std::move(*contract), std::move(*areas)};
}

namespace {

Status write_out(const std::string& path, std::string_view text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return error_from_errno(errno, "cannot write " + path);
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return error_from_errno(errno, "cannot write " + path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) return error_from_errno(errno, "cannot write " + path);
  return ok();
}

}  // namespace

Status write_whole(const std::string& path, std::string_view text) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code failed;
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (failed) return {Errc::unavailable, folder.string() + ": " + failed.message()};
  const std::string beside = path + ".new";
  if (Status status = write_out(beside, text); !status) {
    std::filesystem::remove(beside, failed);
    return status;
  }
  std::filesystem::rename(beside, path, failed);
  if (failed) return {Errc::unavailable, path + ": " + failed.message()};
  return ok();
}

}  // namespace finwatch::rules
