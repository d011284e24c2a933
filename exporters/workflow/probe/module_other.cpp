// The modules of tcp, dns and icmp.
#include <algorithm>

#include "core/metric.h"
#include "workflow/probe/module_keys.h"

namespace finwatch::workflow {
namespace {

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Go's $1, ${1}, $name and $$ in the form that fill_groups() knows. A dollar before anything else is a dollar.
std::string in_braces(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] != '$') continue;
    const std::string_view rest = text.substr(i + 1);
    const bool brace = rest.starts_with('{');
    std::size_t end = brace ? 1 : 0;
    while (end < rest.size() && is_word(rest[end])) ++end;
    const std::string_view name = rest.substr(brace ? 1 : 0, end - (brace ? 1 : 0));
    if (name.empty() || (brace && (end == rest.size() || rest[end] != '}'))) {
      out += '$';
      if (rest.starts_with('$')) ++i;
      continue;
    }
    out.append("{").append(name).append("}");
    i += end + (brace ? 1 : 0);
  }
  return out;
}

// Without an expression in the same step nothing stands for anything, as in blackbox_exporter.
std::string read_template(ModuleReader& reader, std::string_view key, bool expects) {
  const std::string text = reader.text(key);
  if (expects) return in_braces(text);
  std::string out;
  for (const char c : text) out.append(c == '$' ? 2 : 1, c);
  return out;
}

std::vector<ExpectLabel> read_labels(ModuleReader& parent, bool expects) {
  std::vector<ExpectLabel> labels;
  const Tree* list = parent.list("labels");
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    ModuleReader reader(list->items[i], parent.path_of("labels") + "[" + std::to_string(i) + "]");
    const std::string name = reader.required_text("name");
    if (!name.empty() && (!detail::is_name(name, false) || name.starts_with("__")))
      reader.fail("name", reader.path_of("name") + ": expected the name of a label, found '" + name + "'");
    labels.push_back({name, read_template(reader, "value", expects)});
    parent.take(reader.finish());
  }
  if (!labels.empty() && !expects) parent.fail("labels", parent.path_of("labels") + ": stands beside an expect");
  return labels;
}

RecordRules read_rules(ModuleReader& parent, std::string_view key) {
  RecordRules rules;
  const Tree* map = parent.map(key);
  if (map == nullptr) return rules;
  ModuleReader reader(*map, parent.path_of(key));
  rules.fail_if_matches = reader.patterns("fail_if_matches_regexp");
  rules.fail_if_all_match = reader.patterns("fail_if_all_match_regexp");
  rules.fail_if_not_matches = reader.patterns("fail_if_not_matches_regexp");
  rules.fail_if_none_matches = reader.patterns("fail_if_none_matches_regexp");
  parent.take(reader.finish());
  return rules;
}

}  // namespace

Result<TcpModule> read_tcp_module(const Tree& map, const std::string& path, IpFamily& family) {
  ModuleReader reader(map, path);
  reader.refuse({"source_ip_address"});
  TcpModule module;
  family = reader.family();
  module.request.tls = reader.yes("tls", false);
  module.request.tls_options = reader.tls();
  const Tree* list = reader.list("query_response");
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    ModuleReader step(list->items[i], path + ".query_response[" + std::to_string(i) + "]");
    step.refuse({"expect_bytes"});
    TcpExchange made;
    const Tree* expect = step.child("expect");
    const bool expects = expect != nullptr && expect->kind == Tree::Kind::scalar && !expect->scalar.empty();
    if (expects) made.expect = step.pattern(*expect, "expect");
    module.labels.push_back(read_labels(step, expects));
    made.send = read_template(step, "send", expects);
    if (!made.send.empty()) made.send += '\n';
    made.start_tls = step.yes("starttls", false);
    reader.take(step.finish());
    module.request.steps.push_back(std::move(made));
  }
  if (Status status = reader.finish(); !status) return status.error();
  return module;
}

Result<DnsModule> read_dns_module(const Tree& map, const std::string& path, IpFamily& family) {
  ModuleReader reader(map, path);
  reader.refuse({"source_ip_address"});
  DnsModule module;
  DnsRequest& request = module.request;
  family = reader.family();
  request.question = {.name = reader.required_text("query_name"),
                      .type = reader.text("query_type", "ANY"),
                      .klass = reader.text("query_class", "IN"),
                      .recursion = reader.yes("recursion_desired", true)};
  if (const auto written = write_dns_query(request.question, 0); !request.question.name.empty() && !written)
    reader.fail("query_name", path + ".query_name, query_type and query_class: " + written.error().message);
  const std::string transport = reader.text("transport_protocol", "udp");
  if (transport != "udp" && transport != "tcp")
    reader.fail("transport_protocol", path + ".transport_protocol: expected udp or tcp, found '" + transport + "'");
  request.transport = transport == "tcp" ? DnsTransport::tcp : DnsTransport::udp;
  request.tls = reader.yes("dns_over_tls", false);
  if (request.tls && transport != "tcp") reader.fail("dns_over_tls", path + ".dns_over_tls: needs transport_protocol: tcp");
  request.tls_options = reader.tls();
  request.port = request.tls ? 853 : 53;
  module.valid_rcodes = reader.texts("valid_rcodes");
  if (module.valid_rcodes.empty()) module.valid_rcodes = {"NOERROR"};
  module.answers = read_rules(reader, "validate_answer_rrs");
  module.authority = read_rules(reader, "validate_authority_rrs");
  module.additional = read_rules(reader, "validate_additional_rrs");
  if (Status status = reader.finish(); !status) return status.error();
  return module;
}

Result<IcmpModule> read_icmp_module(const Tree& map, const std::string& path, IpFamily& family) {
  ModuleReader reader(map, path);
  reader.refuse({"source_ip_address"});
  IcmpModule module;
  family = reader.family();
  module.request.payload = static_cast<std::size_t>(reader.integer("payload_size", 28, 0, 65'499));
  module.request.ttl = static_cast<int>(reader.integer("ttl", 64, 0, 255));
  module.request.dont_fragment = reader.yes("dont_fragment", false);
  if (Status status = reader.finish(); !status) return status.error();
  return module;
}

}  // namespace finwatch::workflow
