#include "rules/tool/command/command.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "conf/zone.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/text.h"

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

Result<LocalTime> moment(const Contract& contract, const Flags& flags, std::string_view flag) {
  const std::string_view given = flags.text(flag);
  if (!given.empty()) {
    if (const auto time = parse_local_time(given)) return *time;
    return Error{Errc::config, "--" + std::string(flag) + ": expected a date and a time such as 2026-12-24T18:00, found '" +
                                   valid_utf8(given) + "'"};
  }
  const Result<Zone> zone = Zone::find(contract.time_zone);
  if (!zone) return Error{Errc::config, contract.where.text() + ": organisation.time_zone: " + zone.error().message};
  return LocalTime{std::chrono::floor<minutes>(zone->local(SystemClock().wall()))};
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
