#include "workflow/run/net_request.h"

#include <algorithm>

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

/// A map or a list of JSON, in the order in which it is filled.
class JsonText {
 public:
  JsonText& add(std::string_view key, const Value& value) {
    text_.append(text_.empty() ? "{\"" : ",\"").append(key).append("\":");
    value.write_json(text_);
    return *this;
  }
  JsonText& add(std::string_view key, const std::string& text) { return add(key, Value::of_text(valid_utf8(text))); }
  std::string written() const { return text_ + '}'; }

 private:
  std::string text_;
};

Value list_of(const std::vector<DnsRecord>& records) {
  std::string text;
  for (const DnsRecord& record : records)
    text += (text.empty() ? "" : ",") + JsonText()
                                            .add("name", record.name)
                                            .add("type", record.type)
                                            .add("ttl", Value::of_number(record.ttl))
                                            .add("data", record.text)
                                            .written();
  return {.kind = Value::Kind::json, .secret = false, .text = '[' + text + ']', .json = {}};
}

Value number_or_null(long long number, bool known) { return known ? Value::of_number(number) : Value::of_null(); }

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
  return JsonText()
      .add("version", facts.complete ? Value::of_text(std::string(to_string(facts.version))) : Value::of_null())
      .add("cipher", facts.cipher)
      .add("verified", Value::of_boolean(facts.verified))
      .add("verify_text", facts.verify_text)
      .add("subject", facts.subject)
      .add("issuer", facts.issuer)
      .add("serial", facts.serial)
      .add("fingerprint", facts.fingerprint)
      .add("names", Value::of_list(facts.names))
      .written();
}

std::string body_of(const DnsMessage& message) {
  return JsonText()
      .add("rcode", dns_rcode_text(message.rcode))
      .add("authoritative", Value::of_boolean(message.authoritative))
      .add("truncated", Value::of_boolean(message.truncated))
      .add("serial", number_or_null(message.serial.value_or(0), message.serial.has_value()))
      .add("answers", list_of(message.answers))
      .add("authority", list_of(message.authority))
      .written();
}

std::string body_of(const IcmpResult& result) {
  return JsonText()
      .add("bytes", Value::of_number(static_cast<long long>(result.reply_bytes)))
      .add("hop_limit", number_or_null(result.reply_hop_limit, result.reply_hop_limit > 0))
      .written();
}

}  // namespace finwatch::workflow
