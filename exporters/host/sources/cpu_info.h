// /proc/cpuinfo as the processors of a server write it: x86, ARM, POWER, LoongArch, RISC-V and s390.
//
//   if (!parse_cpu_info(text, cpus_)) return malformed;
//   for (const CpuInfo& cpu : cpus_) … cpu[CpuField::model_name] …
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace finwatch::host {

enum class CpuField : unsigned char {
  number,
  package,
  core,
  vendor,
  family,
  model,
  model_name,
  microcode,
  stepping,
  cache_size,
  megahertz,
  flags,
  bugs,
  count
};

/// One processor. What it does not tell is empty. Points into the text.
struct CpuInfo {
  std::array<std::string_view, static_cast<std::size_t>(CpuField::count)> values;

  std::string_view operator[](CpuField field) const { return values[static_cast<std::size_t>(field)]; }
  std::string_view& operator[](CpuField field) { return values[static_cast<std::size_t>(field)]; }
  /// POWER writes "3000.000000MHz".
  std::optional<double> hertz() const;
};

/// False when no processor is named, one is named twice or by a word that is no number.
bool parse_cpu_info(std::string_view text, std::vector<CpuInfo>& cpus);

}  // namespace finwatch::host
