#include "host/sources/cpu_set.h"

#include <algorithm>

#include "host/sources/cpu_numbers.h"

namespace finwatch::host {
namespace {

constexpr std::chrono::seconds kLongestTrust{60};

}  // namespace

bool CpuSet::refresh() {
  const std::string_view online = online_file_.read().value_or({});
  const SteadyTime now = clock_.steady();
  if (listed_once_ && online == online_ && now - listed_ < kLongestTrust) return false;
  listed_once_ = true;
  listed_ = now;
  online_ = online;
  std::vector<std::uint32_t> numbers;
  const bool known = !online.empty() && parse_cpu_list(online, numbers);
  cpus_.clear();
  for (const std::string& name : list_folder(folder_).value_or({}))
    if (const auto number = parse_cpu_name(name, "cpu")) {
      const bool is_online = !known || std::binary_search(numbers.begin(), numbers.end(), *number);
      cpus_.push_back({*number, is_online, folder_ + name + "/"});
    }
  return true;
}

}  // namespace finwatch::host
