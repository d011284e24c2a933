// Processors as the kernel numbers them: in names ("cpu12"), headings ("CPU0 CPU2"), lists ("0-3,8") and as a label.
//
//   family.add(value, cpu_label(12));                       // "12": nothing is printed, nothing is allocated
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace finwatch::host {

/// As many as Linux can be built for; a larger number is taken for garbage.
inline constexpr std::uint32_t kMostCpus = 8192;

/// The number in decimal, for a number below kMostCpus.
std::string_view cpu_label(std::uint32_t number);

/// 12 for "cpu12" when `prefix` is "cpu"; nothing for anything else.
std::optional<std::uint32_t> parse_cpu_name(std::string_view name, std::string_view prefix);

/// Reads a heading "CPU0 CPU2 …" into `cpus`, one number a column; false when it is something else or names one twice.
bool parse_cpu_heading(std::string_view line, std::vector<std::uint32_t>& cpus);

/// Reads "0-3,8" into `cpus`, rising; an empty list is fine. False when it is something else.
bool parse_cpu_list(std::string_view text, std::vector<std::uint32_t>& cpus);

}  // namespace finwatch::host
