#include "workflow/probe/probe.h"

#include <array>

#include "core/text.h"
#include "workflow/net/certificate.h"
#include "workflow/net/url.h"
#include "workflow/probe/probers.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kSuccess{MetricType::gauge, "probe_success", "Whether the target did what the module expects of it."};
constexpr MetricDesc kDuration{MetricType::gauge, "probe_duration_seconds", "How long the probe took."};
constexpr MetricDesc kLookup{MetricType::gauge, "probe_dns_lookup_time_seconds",
                             "How long the look-up of the target's name took."};
constexpr MetricDesc kProtocol{MetricType::gauge, "probe_ip_protocol", "4 or 6: the family of the address that was called."};
constexpr MetricDesc kHash{MetricType::gauge, "probe_ip_addr_hash",
                           "A hash of the address that was called: it changes with it."};
constexpr MetricDesc kFailure{MetricType::gauge, "finwatch_probe_failure_info", "Why the probe failed; none when it succeeded.",
                              "reason"};
constexpr MetricDesc kEarliest{
    MetricType::gauge, "probe_ssl_earliest_cert_expiry",
    "When the first of the certificates that the target showed expires, also when they were refused."};
constexpr MetricDesc kChain{MetricType::gauge, "probe_ssl_last_chain_expiry_timestamp_seconds",
                            "When the chain of certificates that was verified expires; none when there is none."};
constexpr MetricDesc kChainInfo{MetricType::gauge,
                                "probe_ssl_last_chain_info",
                                "The certificate of the target.",
                                "fingerprint_sha256",
                                "issuer",
                                "serialnumber",
                                "subject",
                                "subjectalternative"};
constexpr MetricDesc kVersion{MetricType::gauge, "probe_tls_version_info", "The version of TLS that was agreed on.", "version"};

// FNV-1a of the address's bytes.
std::uint32_t hash_of(const Address& address) {
  const auto* const four = reinterpret_cast<const sockaddr_in*>(address.data());
  const auto* const six = reinterpret_cast<const sockaddr_in6*>(address.data());
  const bool is_four = address.family() == AF_INET;
  const auto* const bytes = is_four ? reinterpret_cast<const unsigned char*>(&four->sin_addr) : six->sin6_addr.s6_addr;
  std::uint32_t hash = 2'166'136'261U;
  for (std::size_t i = 0; i < (is_four ? 4U : 16U); ++i) hash = (hash ^ bytes[i]) * 16'777'619U;
  return hash;
}

double seconds(SteadyTime::duration length) { return std::chrono::duration<double>(length).count(); }

std::string without_brackets(const std::string& host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

void write_certificates(const TlsFacts& facts, MetricSink& sink) {
  if (facts.fingerprint.empty()) return;
  std::string names;
  for (const std::string& name : facts.names)
    if (!is_address(name)) names.append(names.empty() ? "" : ",").append(name);
  sink.add(kEarliest, to_seconds(facts.earliest_not_after));
  if (facts.verified) sink.add(kChain, to_seconds(facts.verified_not_after));
  sink.family(kChainInfo).add(1, facts.fingerprint, facts.issuer, facts.serial, facts.subject, names);
  if (!facts.complete) return;
  sink.family(kVersion).add(1, "TLS " + std::string(to_string(facts.version).substr(4)));
}

std::string url_of(const std::string& target) {
  return target.starts_with("http://") || target.starts_with("https://") ? target : "http://" + target;
}

Result<std::string> host_of(const Module& module, const std::string& target) {
  if (std::holds_alternative<HttpModule>(module.how)) {
    Result<Url> url = Url::parse(url_of(target));
    if (!url) return url.error();
    return url->host();
  }
  if (std::holds_alternative<IcmpModule>(module.how)) return lower_case(without_brackets(target));
  const std::uint16_t standard =
      std::holds_alternative<DnsModule>(module.how) ? std::get<DnsModule>(module.how).request.port : 0;
  const std::optional<HostPort> found = split_host_port(target, standard);
  if (!found) return {Errc::config, standard == 0 ? "expected host:port" : "expected a host, or host:port"};
  return lower_case(found->host);
}

Probe::Probe(const Network& network, ProbeOrder order)
    : network_(network), order_(std::move(order)), resolve_(network.resolver), timer_(network.loop) {}

void Probe::start(Callback callback) {
  callback_ = std::move(callback);
  begun_ = network_.loop.now();
  note("module " + order_.module->name + ", " + std::to_string(seconds(order_.deadline - begun_)) + " s");
  timer_.start(begun_, [this] { begin(); });
}

void Probe::find(const std::string& host) {
  looked_up_ = true;
  timer_.start(order_.deadline, [this] { end("timeout", "the deadline passed in the look-up of the name"); });
  const SteadyTime asked = network_.loop.now();
  resolve_.start(host, order_.module->family, [this, asked, host](const Resolved& found) {
    timer_.cancel();
    lookup_seconds_ = seconds(network_.loop.now() - asked);
    if (!found.outcome) return end(found.outcome);
    address_ = found.addresses.front();
    note(host + " is " + address_->ip() +
         (found.addresses.size() > 1 ? ", the first of " + std::to_string(found.addresses.size()) : ""));
    call(*address_);
  });
}

void Probe::note(const std::string& line) {
  std::array<char, 32> when{};
  const int length = std::snprintf(when.data(), when.size(), "%9.6f  ", seconds(network_.loop.now() - begun_));
  page_.log.append(when.data(), static_cast<std::size_t>(length)).append(valid_utf8(line)).append("\n");
}

void Probe::write_page(std::string_view reason, const std::string& text) {
  MetricSink& sink = page_.metrics;
  sink.add(kSuccess, reason.empty());
  sink.add(kDuration, seconds(network_.loop.now() - begun_));
  if (!reason.empty()) sink.family(kFailure).add(1, reason);
  if (looked_up_) {
    sink.add(kLookup, lookup_seconds_);
    sink.add(kProtocol, !address_ ? 0 : address_->family() == AF_INET ? 4 : 6);
    sink.add(kHash, address_ ? hash_of(*address_) : 0U);
  }
  write(sink);
  note(reason.empty() ? "succeeded" : "failed: " + std::string(reason) + (text.empty() ? "" : ": " + text));
}

void Probe::end(std::string_view reason, const std::string& text) {
  timer_.cancel();
  resolve_.cancel();
  write_page(reason, text);
  ProbePage page = std::move(page_);
  const Callback tell = std::exchange(callback_, nullptr);
  tell(std::move(page));
}

std::unique_ptr<Probe> make_probe(const Network& network, ProbeOrder order) {
  switch (order.module->how.index()) {
    case 0: return make_http_probe(network, std::move(order));
    case 1: return make_tcp_probe(network, std::move(order));
    case 2: return make_dns_probe(network, std::move(order));
    default: return make_icmp_probe(network, std::move(order));
  }
}

}  // namespace finwatch::workflow
