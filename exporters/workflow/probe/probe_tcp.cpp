#include "workflow/net/tcp.h"
#include "workflow/probe/probers.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kRegex{MetricType::gauge, "probe_failed_due_to_regex", "Whether what was expected did not come."};
constexpr MetricDesc kBytes{MetricType::gauge, "probe_failed_due_to_bytes", "Always 0: no module expects bytes."};
constexpr std::string_view kExpectHelp = "What the expected lines matched, as the module's labels say it.";

class TcpProbe final : public Probe {
 public:
  TcpProbe(const Network& network, ProbeOrder order)
      : Probe(network, std::move(order)), call_(network.loop, network.resolver, network.tls) {}

 private:
  const TcpModule& module() const { return std::get<TcpModule>(order_.module->how); }

  void begin() override {
    const std::optional<HostPort> target = split_host_port(order_.target);
    if (!target) return end("invalid", "expected host:port as the target");
    target_ = *target;
    find(target_.host);
  }

  void call(const Address& address) override {
    TcpRequest request = module().request;
    if (request.tls_options.server_name.empty())
      request.tls_options.server_name = order_.hostname.empty() ? target_.host : order_.hostname;
    request.host = address.ip();
    request.port = target_.port;
    call_.start(std::move(request), order_.deadline, [this](TcpResult&& result) {
      result_ = std::move(result);
      for (const std::string& line : result_.lines) note("heard: " + line);
      note(std::to_string(result_.steps_done) + " of " + std::to_string(module().request.steps.size()) + " steps done");
      end(result_.outcome);
    });
  }

  // The conversation began, so that it can have failed.
  bool talked() const {
    return address_ && (result_.outcome || result_.steps_done > 0 || !result_.lines.empty() ||
                        result_.times[Phase::processing] > PhaseTimes::Duration{});
  }

  void write(MetricSink& sink) override {
    if (talked()) {
      sink.add(kRegex, result_.outcome.error == NetError::mismatch);
      sink.add(kBytes, 0);
    }
    write_labels(sink);
    if (result_.tls) write_certificates(*result_.tls, sink);
  }

  void write_labels(MetricSink& sink) {
    std::size_t line = 0;
    bool opened = false;
    for (std::size_t step = 0; step < module().labels.size(); ++step) {
      if (!module().request.steps[step].expect) continue;
      if (line == result_.lines.size()) return;
      const std::string& heard = result_.lines[line++];
      const auto groups = matched_groups(*module().request.steps[step].expect, heard);
      std::vector<std::string> values;
      for (const ExpectLabel& label : module().labels[step]) values.push_back(fill_groups(label.value, groups));
      if (values.empty()) continue;
      std::vector<LabelPair> labels;
      for (std::size_t i = 0; i < values.size(); ++i) labels.push_back({module().labels[step][i].name, values[i]});
      if (!opened) sink.open_family(MetricType::gauge, "probe_expect_info", kExpectHelp);
      opened = true;
      sink.add_sample("", labels, 1);
    }
  }

  HostPort target_;
  TcpCall call_;
  TcpResult result_;
};

}  // namespace

std::unique_ptr<Probe> make_tcp_probe(const Network& network, ProbeOrder order) {
  return std::make_unique<TcpProbe>(network, std::move(order));
}

}  // namespace finwatch::workflow
