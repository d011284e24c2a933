#include <algorithm>

#include "workflow/net/dns.h"
#include "workflow/probe/probers.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kDuration{MetricType::gauge, "probe_dns_duration_seconds", "What each phase of the question took.",
                               "phase"};
constexpr MetricDesc kAnswers{MetricType::gauge, "probe_dns_answer_rrs", "Records in the answer section."};
constexpr MetricDesc kAuthority{MetricType::gauge, "probe_dns_authority_rrs", "Records in the authority section."};
constexpr MetricDesc kAdditional{MetricType::gauge, "probe_dns_additional_rrs", "Records in the additional section."};
constexpr MetricDesc kSucceeded{MetricType::gauge, "probe_dns_query_succeeded", "Whether an answer came, whatever it said."};
constexpr MetricDesc kSerial{MetricType::gauge, "probe_dns_serial",
                             "The serial number of the zone; 0 when the answer has no SOA."};

// As blackbox_exporter's expressions know it: tabs between the parts.
std::string line_of(const DnsRecord& record) {
  return record.name + "\t" + std::to_string(record.ttl) + "\t" + record.klass + "\t" + record.type + "\t" + record.text;
}

// What is wrong with the records of a section; empty when nothing is.
std::string fault_of(const std::vector<DnsRecord>& records, const RecordRules& rules, std::string_view section) {
  const std::string where = "the " + std::string(section) + " section";
  if (records.empty() && !(rules.fail_if_not_matches.empty() && rules.fail_if_none_matches.empty())) return where + " is empty";
  bool all_match = true;
  bool one_matches = rules.fail_if_none_matches.empty();
  for (const DnsRecord& record : records) {
    const std::string line = line_of(record);
    const auto matches = [&](const Pattern& pattern) { return pattern.matches(line); };
    if (std::any_of(rules.fail_if_matches.begin(), rules.fail_if_matches.end(), matches))
      return where + " has the record " + line;
    if (!std::all_of(rules.fail_if_not_matches.begin(), rules.fail_if_not_matches.end(), matches))
      return where + " has the record " + line + ", which does not match";
    all_match = all_match && std::all_of(rules.fail_if_all_match.begin(), rules.fail_if_all_match.end(), matches);
    one_matches = one_matches || std::any_of(rules.fail_if_none_matches.begin(), rules.fail_if_none_matches.end(), matches);
  }
  // The opposite of what the key says, and what blackbox_exporter 0.28 does with it: existing files rely on that.
  if (!all_match) return where + " has a record that does not match fail_if_all_match_regexp";
  return one_matches ? "" : where + " has no record that matches";
}

class DnsProbe final : public Probe {
 public:
  DnsProbe(const Network& network, ProbeOrder order)
      : Probe(network, std::move(order)), call_(network.loop, network.resolver, &network.tls) {}

 private:
  const DnsModule& module() const { return std::get<DnsModule>(order_.module->how); }

  void begin() override {
    const std::optional<HostPort> target = split_host_port(order_.target, module().request.port);
    if (!target) return end("invalid", "expected a host, or host:port, as the target");
    target_ = *target;
    find(target_.host);
  }

  void call(const Address& address) override {
    DnsRequest request = module().request;
    if (request.tls_options.server_name.empty()) request.tls_options.server_name = target_.host;
    request.server = address.ip();
    request.port = target_.port;
    call_.start(std::move(request), order_.deadline, [this](DnsResult&& result) {
      result_ = std::move(result);
      if (!result_.outcome) return end(result_.outcome);
      judge();
    });
  }

  void judge() {
    const DnsMessage& message = result_.message;
    const std::string rcode = dns_rcode_text(message.rcode);
    note("answer " + rcode + " to " + question_line(module().request.question));
    for (const DnsRecord& record : message.answers) note("answer: " + record.line());
    const std::vector<std::string>& valid = module().valid_rcodes;
    if (std::find(valid.begin(), valid.end(), rcode) == valid.end()) return end("rcode", "the answer is " + rcode);
    for (const std::string& fault :
         {fault_of(message.answers, module().answers, "answer"), fault_of(message.authority, module().authority, "authority"),
          fault_of(message.additional, module().additional, "additional")})
      if (!fault.empty()) return end("records", fault);
    end("");
  }

  void write(MetricSink& sink) override {
    const bool answered = address_ && result_.outcome && !result_.remote.empty();
    const PhaseTimes& times = result_.times;
    auto duration = sink.family(kDuration);
    duration.add(address_ ? lookup_seconds_ : 0.0, "resolve");
    duration.add(times.seconds(Phase::dns) + times.seconds(Phase::connect) + times.seconds(Phase::tls), "connect");
    duration.add(times.seconds(Phase::send) + times.seconds(Phase::processing), "request");
    sink.add(kAnswers, result_.message.answers.size());
    sink.add(kAuthority, result_.message.authority.size());
    sink.add(kAdditional, result_.message.additional.size());
    sink.add(kSucceeded, answered);
    if (answered && module().request.question.type == "SOA") sink.add(kSerial, serial());
  }

  // Of the zone that was asked for: that of the authority section is another's.
  std::uint32_t serial() const {
    for (const DnsRecord& record : result_.message.answers)
      if (record.type == "SOA") return result_.message.serial.value_or(0);
    return 0;
  }

  HostPort target_;
  DnsCall call_;
  DnsResult result_;
};

}  // namespace

std::unique_ptr<Probe> make_dns_probe(const Network& network, ProbeOrder order) {
  return std::make_unique<DnsProbe>(network, std::move(order));
}

}  // namespace finwatch::workflow
