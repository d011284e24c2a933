// What the parts of a module have in common while they are read. Only module_*.cpp use it.
//
//   ModuleReader reader(map, "modules.http_2xx.http");
//   reader.refuse({"oauth2", "http_headers"});                   // blackbox's, and not ours
//   module.fail_if_ssl = reader.yes("fail_if_ssl", false);
//   for (Pattern& pattern : reader.patterns("fail_if_body_matches_regexp")) …
#pragma once

#include <initializer_list>

#include "conf/yaml.h"
#include "workflow/probe/module.h"

namespace finwatch::workflow {

class ModuleReader : public MapReader {
 public:
  ModuleReader(const Tree& map, const std::string& path) : MapReader(map, path), map_(map) {}

  const Tree& tree() const { return map_; }
  /// Keys that blackbox_exporter has and we have not; one that says no is as good as none.
  void refuse(std::initializer_list<std::string_view> keys);
  /// A boolean as YAML 1.1 has them too: yes, off, True.
  bool yes(std::string_view key, bool fallback);
  Pattern pattern(const Tree& at, std::string_view key);
  std::vector<Pattern> patterns(std::string_view key);
  /// preferred_ip_protocol and ip_protocol_fallback.
  IpFamily family();
  /// tls_config; the defaults when there is none.
  TlsOptions tls();
  /// The content of a file that `key` names.
  std::string file_content(std::string_view key);
  /// A child's own complaint.
  void take(const Status& status) {
    if (!status && status_) status_ = status;
  }
  Status finish() {
    const Status own = MapReader::finish();
    return own ? status_ : own;
  }

 private:
  std::string existing_file(std::string_view key);

  const Tree& map_;
  Status status_ = ok();
};

Result<HttpModule> read_http_module(const Tree& map, const std::string& path, IpFamily& family);
Result<TcpModule> read_tcp_module(const Tree& map, const std::string& path, IpFamily& family);
Result<DnsModule> read_dns_module(const Tree& map, const std::string& path, IpFamily& family);
Result<IcmpModule> read_icmp_module(const Tree& map, const std::string& path, IpFamily& family);

}  // namespace finwatch::workflow
