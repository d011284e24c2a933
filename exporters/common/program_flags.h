// All flags of one program: those every program has, those of its collectors, and those of the exporter it can stand in for.
//
//   ProgramFlags flags(program);
//   if (Status status = flags.parse(arguments); !status) die(status.error().message);
//   flags->text("web.telemetry-path");
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app.h"
#include "conf/flags.h"

namespace finwatch {

class ProgramFlags {
 public:
  /// `program` must outlive it.
  explicit ProgramFlags(const Program& program);
  ProgramFlags(const ProgramFlags&) = delete;
  ProgramFlags& operator=(const ProgramFlags&) = delete;

  /// config when a flag is unknown, has a wrong value, or asks for a collector that this program does not have.
  Status parse(std::span<const char* const> arguments);

  const Flags& get() const { return *flags_; }
  const Flags* operator->() const { return &*flags_; }

 private:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  Status refuse_absent(std::string_view word) const;
  Status check_values() const;

  const Program& program_;
  std::deque<std::string> texts_;  // what the specs point to
  std::optional<Flags> flags_;
};

}  // namespace finwatch
