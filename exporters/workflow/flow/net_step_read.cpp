#include "workflow/flow/net_step_read.h"

#include <algorithm>
#include <utility>

#include "conf/words.h"
#include "core/text.h"

namespace finwatch::workflow {
namespace {

void read_port(MapReader& reader, StepCompiler& compiler, Remote& remote) {
  const Tree* value = reader.child("port");
  if (value == nullptr) return;
  remote.port = compiler.compiled(*value, false);
  if (remote.port && remote.port->is_fixed() && to_number<std::uint16_t>(value->scalar).value_or(0) == 0)
    reader.fail("port", reader.path_of("port") + ": expected a number from 1 to 65535, found '" + value->scalar + "'");
}

// "$${name}" asks for what an earlier expectation matched; what none can have matched is a slip of the pen.
void check_groups(const Tree& send, const std::string& path, const std::vector<std::string>& known, StepCompiler& compiler) {
  const std::string_view text = send.scalar;
  for (std::size_t at = text.find("$${"); at != std::string_view::npos; at = text.find("$${", at + 3)) {
    const std::string_view name = text.substr(at + 3, std::min(text.find('}', at), text.size()) - at - 3);
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::vector<std::string_view> names(known.begin(), known.end());
    compiler.fail(
        send, path + ": no expectation up to here has a group (?P<" + std::string(name) + ">…)" + did_you_mean(name, names));
  }
}

TcpStep::Turn read_turn(const Tree& tree, const std::string& path, std::vector<std::string>& groups, StepCompiler& compiler) {
  TcpStep::Turn turn;
  MapReader reader(tree, path);
  turn.expect = reader.text("expect");
  if (!turn.expect.empty()) {
    if (Result<Pattern> pattern = Pattern::compile(turn.expect)) {
      turn.fixed.expect = std::move(*pattern);
      for (std::string& name : turn.fixed.expect->group_names()) groups.push_back(std::move(name));
    } else {
      reader.fail("expect", reader.path_of("expect") + ": " + pattern.error().message);
    }
  }
  const Tree* send = reader.child("send");
  if (send != nullptr) {
    turn.send = compiler.compiled(*send, false);
    if (send->scalar.find_first_of("\r\n") != std::string::npos)
      reader.fail("send", reader.path_of("send") + ": expected one line without its end, which is added");
  }
  turn.fixed.start_tls = reader.boolean("start_tls", false);
  compiler.take(reader.finish());
  if (send != nullptr) check_groups(*send, reader.path_of("send"), groups, compiler);
  if (turn.expect.empty() && send == nullptr && !turn.fixed.start_tls)
    compiler.fail(tree, path + ": expect, send or start_tls must be given");
  return turn;
}

}  // namespace

TcpStep read_tcp(const Tree& tree, const std::string& path, StepCompiler& compiler) {
  TcpStep step;
  MapReader reader(tree, path);
  step.remote.host = compiler.required(reader, tree, "host");
  read_port(reader, compiler, step.remote);
  if (!reader.has("port")) compiler.fail(tree, reader.path_of("port") + ": must be given");
  read_family(reader, step.fixed.family);
  read_tls(reader, step.fixed.tls_options, compiler);
  step.fixed.most_bytes = static_cast<std::size_t>(reader.integer("most_bytes", 64 << 10, 1, 16 << 20));
  const Tree* talk = reader.list("talk");
  std::vector<std::string> groups;
  for (std::size_t i = 0; talk != nullptr && i < talk->items.size(); ++i)
    step.talk.push_back(read_turn(talk->items[i], reader.path_of("talk") + "[" + std::to_string(i) + "]", groups, compiler));
  const auto starts = std::count_if(step.talk.begin(), step.talk.end(), [](const auto& turn) { return turn.fixed.start_tls; });
  if (starts > 1) compiler.fail(*talk, reader.path_of("talk") + ": start_tls: true stands in one place: TLS begins once");
  step.fixed.tls = starts == 0 && reader.has("tls");
  compiler.take(reader.finish());
  return step;
}

TlsStep read_tls_step(const Tree& tree, const std::string& path, StepCompiler& compiler) {
  TlsStep step;
  MapReader reader(tree, path);
  step.remote.host = compiler.required(reader, tree, "host");
  read_port(reader, compiler, step.remote);
  step.fixed.tls = true;
  read_family(reader, step.fixed.family);
  read_tls(reader, step.fixed.tls_options, compiler);
  compiler.take(reader.finish());
  return step;
}

DnsStep read_dns(const Tree& tree, const std::string& path, StepCompiler& compiler) {
  DnsStep step;
  MapReader reader(tree, path);
  if (std::optional<Template> server = compiler.text(reader, "server")) {
    step.server = Remote{.host = std::move(*server), .port = std::nullopt};
    read_port(reader, compiler, *step.server);
  } else if (reader.has("port")) {
    reader.fail("port", reader.path_of("port") + ": it is the server's: add server, or leave both out");
  }
  step.name = compiler.required(reader, tree, "name");
  DnsQuestion& question = step.fixed.question;
  question.type = reader.text("type", question.type);
  question.klass = reader.text("class", question.klass);
  question.recursion = reader.boolean("recursion", question.recursion);
  if (Result<std::string> query = write_dns_query({.name = "example", .type = question.type}, 0); !query)
    reader.fail("type", reader.path_of("type") + ": " + query.error().message);
  if (Result<std::string> query = write_dns_query({.name = "example", .klass = question.klass}, 0); !query)
    reader.fail("class", reader.path_of("class") + ": " + query.error().message);
  const std::string transport = reader.text("transport", "udp");
  if (transport != "udp" && transport != "tcp") reader.fail("transport", reader.path_of("transport") + ": expected udp or tcp");
  step.fixed.transport = transport == "tcp" ? DnsTransport::tcp : DnsTransport::udp;
  read_family(reader, step.fixed.family);
  step.rcodes = reader.texts("rcode");
  for (const std::string& rcode : step.rcodes)
    if (!is_dns_rcode(rcode))
      reader.fail("rcode",
                  reader.path_of("rcode") + ": '" + rcode + "' is none; expected NOERROR, NXDOMAIN, REFUSED, SERVFAIL …");
  if (step.rcodes.empty()) step.rcodes = {dns_rcode_text(0)};
  compiler.take(reader.finish());
  return step;
}

IcmpStep read_icmp(const Tree& tree, const std::string& path, StepCompiler& compiler) {
  IcmpStep step;
  MapReader reader(tree, path);
  step.host = compiler.required(reader, tree, "host");
  read_family(reader, step.fixed.family);
  step.fixed.payload = static_cast<std::size_t>(reader.integer("payload", 32, 0, kMostPingPayload));
  step.fixed.ttl = static_cast<int>(reader.integer("ttl", 0, 1, 255));
  step.fixed.dont_fragment = reader.boolean("dont_fragment", false);
  compiler.take(reader.finish());
  return step;
}

}  // namespace finwatch::workflow
