// Which hosts /probe may call: without this list a scraper could have the program call anything that it can reach.
//
//   HostList hosts({"*.example", "10.1.2.*", "erp2"});
//   hosts.allows("erp1.example")
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace finwatch::workflow {

class HostList {
 public:
  HostList() = default;
  explicit HostList(std::vector<std::string> patterns);
  /// `host` in lower case and without brackets. One `*` in a pattern stands for one or more characters; "*" alone allows everything.
  bool allows(std::string_view host) const;

 private:
  std::vector<std::string> patterns_;
};

}  // namespace finwatch::workflow
