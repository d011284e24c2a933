#include "workflow/probe/hosts.h"

#include <algorithm>

#include "core/metric.h"
#include "core/text.h"
#include "workflow/net/address.h"

namespace finwatch::workflow {
namespace {

// "10.1.*" and "fd00:*": names such as 10.1.evil.example are not meant.
bool is_of_addresses(std::string_view pattern) {
  return pattern.find(':') != std::string_view::npos || (pattern.front() >= '0' && pattern.front() <= '9');
}

bool fits(std::string_view pattern, std::string_view host) {
  if (pattern == "*" || pattern == host) return true;
  if (pattern.find('*') == std::string_view::npos || !name_matches(pattern, host)) return false;
  return !is_of_addresses(pattern) || Address::parse(host, 0).has_value();
}

}  // namespace

HostList::HostList(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {
  for (std::string& pattern : patterns_) pattern = lower_case(pattern);
}

bool HostList::allows(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& pattern) { return fits(pattern, host); });
}

}  // namespace finwatch::workflow
