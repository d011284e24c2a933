#include <optional>
#include <string>
#include <vector>

#include "conf/pattern.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/names.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kField{MetricType::unknown, "node_netstat_*",
                            "One counter or setting of the network stack, from /proc/net/netstat, snmp and snmp6."};
constexpr MetricRef kMetrics[] = {kField};

constexpr std::string_view kDefaultFields =
    "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
    "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|"
    "Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
    "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$";
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, "collector.netstat.fields", kDefaultFields,
     "Which fields to show, as a regular expression over names like Tcp_InSegs."},
};

constexpr std::string_view kPrefix = "node_netstat_";
constexpr std::size_t kMostLines = 1024;  // headers, or fields of snmp6: the kernel has about 100

/// What is wanted of one header line (or of one line of snmp6), worked out once and kept while that line stays the same.
struct Plan {
  struct Field {
    std::size_t column = 0;
    std::string name;  // of the family
  };
  std::string line;
  std::vector<Field> fields;
};

template <class Number>
bool add_number(std::string_view text, std::string_view name, MetricSink& sink) {
  const auto value = to_number<Number>(text);
  if (value) sink.family(kField, name).add(*value);
  return value.has_value();
}

class NetStatistics final : public Collector {
 public:
  NetStatistics(const Env& env, std::string_view wanted)
      : netstat_(env.proc("net/netstat")), snmp_(env.proc("net/snmp")), snmp6_(env.proc("net/snmp6")), expression_(wanted) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> netstat = netstat_.read();
    const Result<std::string_view> snmp = snmp_.read();
    const Result<std::string_view> snmp6 = snmp6_.read();  // absent when IPv6 is off
    if (!netstat && !snmp && !snmp6) return netstat.error();
    wanted_.reset();  // its tables weigh more than what it found out; plans seldom change
    next_ = 0;
    for (const auto& [text, file] : {std::pair(&netstat, &netstat_), std::pair(&snmp, &snmp_)}) {
      if (*text && !write_pairs(**text, sink))
        return {Errc::malformed, file->path() + ": expected a line of names and a line with as many values"};
      if (!*text && text->error().code != Errc::no_data) return text->error();
    }
    if (snmp6) write_single(*snmp6, sink);
    if (!snmp6 && snmp6.error().code != Errc::no_data) return snmp6.error();
    return ok();
  }

 private:
  // "Tcp: RtoAlgorithm RtoMin …" and below it "Tcp: 1 200 …".
  bool write_pairs(std::string_view text, MetricSink& sink) {
    for (LineReader lines(text); const auto header = lines.next();) {
      const std::string_view values = lines.next().value_or("");
      const std::size_t colon = header->find(':');
      if (colon == std::string_view::npos || header->substr(0, colon) != values.substr(0, values.find(':'))) return false;
      const Plan* plan = find_plan(*header);
      if (plan == nullptr) plan = make_header_plan(*header, header->substr(0, colon));
      if (plan != nullptr && !write_values(*plan, values, sink)) return false;
    }
    return true;
  }

  static bool write_values(const Plan& plan, std::string_view values, MetricSink& sink) {
    FieldReader fields(values);
    std::size_t column = 0;
    for (const Plan::Field& field : plan.fields) {
      fields.skip(static_cast<int>(field.column - column));
      const std::string_view value = fields.next();
      column = field.column + 1;
      if (value.empty()) return false;
      write_value(field.name, value, sink);
    }
    return true;
  }

  // "Ip6InReceives   42": the protocol ends with the 6.
  void write_single(std::string_view text, MetricSink& sink) {
    for (LineReader lines(text); const auto line = lines.next();) {
      FieldReader fields(*line);
      const std::string_view key = fields.next();
      const Plan* plan = find_plan(key);
      if (plan == nullptr) plan = make_single_plan(key);
      if (plan != nullptr && !plan->fields.empty()) write_value(plan->fields.front().name, fields.next(), sink);
    }
  }

  static void write_value(std::string_view name, std::string_view text, MetricSink& sink) {
    if (add_number<std::int64_t>(text, name, sink)) return;
    add_number<std::uint64_t>(text, name, sink);
  }

  const Plan* find_plan(std::string_view line) {
    if (next_ >= plans_.size() || plans_[next_].line != line) return nullptr;
    return &plans_[next_++];
  }

  // From the first line that changed on, all plans are made anew: so a name is never given to two lines.
  Plan* new_plan(std::string_view line) {
    plans_.resize(next_);
    if (next_ == kMostLines) return nullptr;
    ++next_;
    Plan& plan = plans_.emplace_back();
    plan.line = line;
    return &plan;
  }

  const Plan* make_header_plan(std::string_view header, std::string_view protocol) {
    Plan* const plan = new_plan(header);
    if (plan == nullptr) return nullptr;
    FieldReader names(header);
    names.next();
    for (std::size_t column = 1; !names.done(); ++column) want(*plan, column, protocol, names.next());
    return plan;
  }

  const Plan* make_single_plan(std::string_view key) {
    Plan* const plan = new_plan(key);
    const std::size_t six = key.find('6');
    if (plan != nullptr && six != std::string_view::npos) want(*plan, 1, key.substr(0, six + 1), key.substr(six + 1));
    return plan;
  }

  void want(Plan& plan, std::size_t column, std::string_view protocol, std::string_view field) {
    if (!is_metric_name_part(protocol) || !is_metric_name_part(field)) return;
    std::string name = std::string(kPrefix).append(protocol).append("_").append(field);
    if (!wanted_) wanted_ = *Pattern::compile(expression_);  // make() tried it
    if (!wanted_->matches(std::string_view(name).substr(kPrefix.size()))) return;
    for (const Plan& other : plans_)
      for (const Plan::Field& taken : other.fields)
        if (taken.name == name) return;
    plan.fields.push_back({column, std::move(name)});
  }

  KeptFile netstat_;
  KeptFile snmp_;
  KeptFile snmp6_;
  const std::string expression_;
  std::optional<Pattern> wanted_;  // only while plans are made
  std::vector<Plan> plans_;        // of all three files, in the order of their lines
  std::size_t next_ = 0;
};

MadeCollector make(const Env& env, const Settings& settings) {
  const std::string_view wanted = settings.text("collector.netstat.fields");
  if (Result<Pattern> compiled = Pattern::compile(wanted); !compiled) return compiled.error();
  return std::unique_ptr<Collector>(std::make_unique<NetStatistics>(env, wanted));
}

}  // namespace

extern const CollectorInfo netstat_collector{
    .name = "netstat",
    .summary = "Counters of IP, ICMP, TCP and UDP, from /proc/net/netstat, snmp and snmp6.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
