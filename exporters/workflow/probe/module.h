// What /probe is asked to do, as blackbox_exporter's modules say it: read once, never changed, shared by the probes under way.
//
//   Result<Modules> modules = read_modules(*file.find("modules"), "modules");
//   const Module& module = *modules->at("http_2xx");
//   module.timeout, std::get<HttpModule>(module.how).valid_status_codes
//
// A module of blackbox that cannot be kept to the letter is refused by read_modules, with the place of the key: none is ignored.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "conf/pattern.h"
#include "core/result.h"
#include "core/tree.h"
#include "workflow/net/dns.h"
#include "workflow/net/http.h"
#include "workflow/net/icmp.h"
#include "workflow/net/tcp.h"

namespace finwatch::workflow {

struct HeaderMatch {
  std::string header;
  Pattern pattern;
  bool allow_missing = false;
};

struct HttpModule {
  HttpRequest request;  // all but the URL and the host that is called
  std::vector<int> valid_status_codes;
  std::vector<std::string> valid_http_versions;  // "HTTP/1.1"
  std::string compression;                       // empty: none is expected, and what comes is left as it is
  bool fail_if_ssl = false;
  bool fail_if_not_ssl = false;
  bool resolve_before_proxy = true;
  std::vector<Pattern> body_must_match;
  std::vector<Pattern> body_must_not_match;
  std::vector<HeaderMatch> header_must_match;
  std::vector<HeaderMatch> header_must_not_match;

  bool reads_body() const { return !body_must_match.empty() || !body_must_not_match.empty(); }
};

/// One label of probe_expect_info: its value with ${1} or ${name} for what the expected line matched.
struct ExpectLabel {
  std::string name;
  std::string value;
};

struct TcpModule {
  TcpRequest request;                            // all but host and port
  std::vector<std::vector<ExpectLabel>> labels;  // of each step
};

struct RecordRules {
  std::vector<Pattern> fail_if_matches;
  std::vector<Pattern> fail_if_all_match;
  std::vector<Pattern> fail_if_not_matches;
  std::vector<Pattern> fail_if_none_matches;
};

struct DnsModule {
  DnsRequest request;  // all but the server
  std::vector<std::string> valid_rcodes;
  RecordRules answers;
  RecordRules authority;
  RecordRules additional;
};

struct IcmpModule {
  IcmpRequest request;  // all but the host
};

struct Module {
  std::string name;
  std::chrono::nanoseconds timeout{0};  // 0: the scrape's
  IpFamily family = IpFamily::prefer_ipv6;
  std::variant<HttpModule, TcpModule, DnsModule, IcmpModule> how;
  std::string shown;  // as it stands in the file, secrets masked
};

using Modules = std::map<std::string, std::shared_ptr<const Module>, std::less<>>;

/// config with file:line:column; `path` names the map in messages.
Result<Modules> read_modules(const Tree& map, const std::string& path);

}  // namespace finwatch::workflow
