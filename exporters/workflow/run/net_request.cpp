#include "workflow/run/net_request.h"

#include <algorithm>

#include "core/json_text.h"
#include "core/text.h"
#include "workflow/run/http_request.h"

namespace finwatch::workflow {
namespace {

constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kDnsPort = 53;

Error not_allowed(const std::string& where) { return {Errc::permission, "nothing may be sent to " + where}; }

Result<HostPort> work_out(const Remote& remote, std::uint16_t usual_port, Conversation& conversation) {
  HostPort to{.host = {}, .port = usual_port};
  if (Status status = remote.host.render(conversation.variables, Escape::header, to.host); !status) return status.error();
  if (to.host.empty()) return {Errc::malformed, "the host is empty"};
  if (remote.port) {
    std::string port;
    if (Status status = remote.port->render(conversation.variables, Escape::header, port); !status) return status.error();
    to.port = to_number<std::uint16_t>(port).value_or(0);
    if (to.port == 0) return {Errc::malformed, "expected a port from 1 to 65535, found '" + port + "'"};
  }
  if (!may_visit(conversation.flow.grant, to.host, to.port)) return not_allowed(to.host + ':' + std::to_string(to.port));
  return to;
}

bool may_ping(const Grant& grant, const std::string& host) {
  if (grant.hosts.empty()) return true;
  return std::any_of(grant.hosts.begin(), grant.hosts.end(), [&](const std::string& each) {
    const std::optional<HostPort> allowed = split_host_port(each, 1);
    return allowed && allowed->host == host;
  });
}

template <class Step>
Result<TcpRequest> call_of(const Step& step, std::uint16_t usual_port, Conversation& conversation) {
  Result<HostPort> to = work_out(step.remote, usual_port, conversation);
  if (!to) return to.error();
  TcpRequest request = step.fixed;
  request.host = std::move(to->host);
  request.port = to->port;
  return request;
}

// --- what came back ------------------------------------------------------------------------------------------------------------------

std::string list_of(const std::vector<DnsRecord>& records) {
  JsonMembers list('[');
  for (const DnsRecord& record : records)
    list.add(JsonMembers('{')
                 .add("name", json_text(record.name))
                 .add("type", json_text(record.type))
                 .add("ttl", std::to_string(record.ttl))
                 .add("data", json_text(record.text))
                 .end());
  return list.end();
}

std::string list_of(const std::vector<std::string>& texts) {
  JsonMembers list('[');
  for (const std::string& text : texts) list.add(json_text(text));
  return list.end();
}

}  // namespace

Result<TcpRequest> tcp_request_of(const TcpStep& step, Conversation& conversation) {
  Result<TcpRequest> request = call_of(step, 0, conversation);
  if (!request) return request;
  for (const TcpStep::Turn& turn : step.talk) {
    TcpExchange& exchange = request->steps.emplace_back(turn.fixed);
    if (!turn.send) continue;
    if (Status status = turn.send->render(conversation.variables, Escape::line, exchange.send); !status) return status.error();
    exchange.send += "\r\n";
  }
  return request;
}

Result<TcpRequest> tcp_request_of(const TlsStep& step, Conversation& conversation) {
  return call_of(step, kHttpsPort, conversation);
}

Result<DnsRequest> dns_request_of(const DnsStep& step, Conversation& conversation, const Resolver& resolver) {
  DnsRequest request = step.fixed;
  std::optional<HostPort> to;
  if (step.server) {
    Result<HostPort> named = work_out(*step.server, kDnsPort, conversation);
    if (!named) return named.error();
    to = std::move(*named);
  } else {
    to = split_host_port(resolver.server(), kDnsPort);
    if (!to) return {Errc::config, "the system's DNS server " + resolver.server() + " is no address"};
  }
  request.server = std::move(to->host);
  request.port = to->port;
  if (Status status = step.name.render(conversation.variables, Escape::header, request.question.name); !status)
    return status.error();
  return request;
}

Result<IcmpRequest> icmp_request_of(const IcmpStep& step, Conversation& conversation) {
  IcmpRequest request = step.fixed;
  if (Status status = step.host.render(conversation.variables, Escape::header, request.host); !status) return status.error();
  if (request.host.empty()) return {Errc::malformed, "the host is empty"};
  if (!may_ping(conversation.flow.grant, request.host)) return not_allowed(request.host);
  return request;
}

std::string body_of(const TlsFacts& facts) {
  return JsonMembers('{')
      .add("version", facts.complete ? json_text(to_string(facts.version)) : "null")
      .add("cipher", json_text(facts.cipher))
      .add("verified", json_truth(facts.verified))
      .add("verify_text", json_text(facts.verify_text))
      .add("subject", json_text(facts.subject))
      .add("issuer", json_text(facts.issuer))
      .add("serial", json_text(facts.serial))
      .add("fingerprint", json_text(facts.fingerprint))
      .add("names", list_of(facts.names))
      .end();
}

std::string body_of(const DnsMessage& message) {
  return JsonMembers('{')
      .add("rcode", json_text(dns_rcode_text(message.rcode)))
      .add("authoritative", json_truth(message.authoritative))
      .add("truncated", json_truth(message.truncated))
      .add("serial", message.serial ? std::to_string(*message.serial) : "null")
      .add("answers", list_of(message.answers))
      .add("authority", list_of(message.authority))
      .end();
}

std::string body_of(const IcmpResult& result) {
  return JsonMembers('{')
      .add("bytes", std::to_string(result.reply_bytes))
      .add("hop_limit", result.reply_hop_limit > 0 ? std::to_string(result.reply_hop_limit) : "null")
      .end();
}

}  // namespace finwatch::workflow
