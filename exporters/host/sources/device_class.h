// The names in one folder of /sys, listed again only when the kernel announced that a device came or went.
//
//   DeviceClass tapes(env, "class/scsi_tape");
//   const Result<bool> changed = tapes.refresh(scrape.number);
//   if (!changed) return changed.error();                    // no_data when the folder is not there
//   if (*changed) for (const std::string& name : tapes.names()) …
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/device_watch.h"
#include "core/files.h"

namespace finwatch::host {

class DeviceClass {
 public:
  DeviceClass(const Env& env, std::string_view folder) : folder_(env.sys(folder)), watch_(env.shared<DeviceWatch>()) {}

  /// True when names() were read anew. A folder that is missing is not looked for again before the next announcement.
  Result<bool> refresh(std::uint64_t scrape) {
    const std::uint64_t now = watch_->generation(scrape);
    if (now == seen_) return absent_ ? Result<bool>(Errc::no_data) : Result<bool>(false);
    auto names = list_folder(folder_);
    if (!names && names.error().code != Errc::no_data) return std::move(names).error();
    seen_ = now;
    absent_ = !names;
    if (absent_) {
      names_.clear();
      return {Errc::no_data, folder_ + ": not on this machine"};
    }
    names_ = *std::move(names);
    return true;
  }

  const std::vector<std::string>& names() const { return names_; }
  std::string path(std::string_view name) const { return Env::join(folder_, name) + "/"; }

 private:
  const std::string folder_;
  const std::shared_ptr<DeviceWatch> watch_;
  std::uint64_t seen_ = 0;
  bool absent_ = false;
  std::vector<std::string> names_;
};

}  // namespace finwatch::host
