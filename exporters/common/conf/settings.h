// What an operator set for the collectors: flags first, then the configuration file, then the defaults.
//
//   collectors:
//     filesystem:
//       mount-points-exclude: ^/(dev|proc|sys)($|/)      # --collector.filesystem.mount-points-exclude
//     process_groups:
//       enabled: true                                    # --collector.process_groups
//       groups: [ … ]                                    # a section of the collector's own
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conf/flags.h"
#include "run/collector.h"

namespace finwatch {

/// The key of a collector's flag in its section: "collector.cpu.info.flags-include" is "info.flags-include".
std::string_view section_key(std::string_view flag);

class CollectorSettings final : public Settings {
 public:
  /// Reads and checks the collector's section (nullptr when it has none). `flags` and `section` must outlive it.
  static Result<std::unique_ptr<CollectorSettings>> make(const CollectorInfo& info, const Flags& flags, const Tree* section);

  bool enabled() const { return enabled_; }

  std::string_view text(std::string_view flag) const override;
  bool boolean(std::string_view flag) const override { return text(flag) == "true"; }
  long long integer(std::string_view flag) const override;
  std::chrono::nanoseconds duration(std::string_view flag) const override;
  std::span<const std::string> list(std::string_view flag) const override;
  const Tree* section() const override { return section_; }

 private:
  CollectorSettings(const Flags& flags, const Tree* section) : flags_(flags), section_(section) {}
  Status read(const CollectorInfo& info);

  const Flags& flags_;
  const Tree* section_;
  bool enabled_ = false;
  std::map<std::string_view, std::vector<std::string>> values_;  // from the file, by the flag's full name
};

}  // namespace finwatch
