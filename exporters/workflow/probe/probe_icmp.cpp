#include "workflow/net/icmp.h"
#include "workflow/probe/probers.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kDuration{MetricType::gauge, "probe_icmp_duration_seconds", "What each phase of the ping took.", "phase"};
constexpr MetricDesc kHops{MetricType::gauge, "probe_icmp_reply_hop_limit", "The TTL or hop limit of the reply as it arrived."};

class IcmpProbe final : public Probe {
 public:
  IcmpProbe(const Network& network, ProbeOrder order)
      : Probe(network, std::move(order)), ping_(network.loop, network.resolver) {}

 private:
  void begin() override { find(*host_of(*order_.module, order_.target)); }
  void call(const Address& address) override {
    IcmpRequest request = std::get<IcmpModule>(order_.module->how).request;
    request.host = address.ip();
    ping_.start(std::move(request), order_.deadline, [this](IcmpResult&& result) {
      result_ = std::move(result);
      end(result_.outcome);
    });
  }
  void write(MetricSink& sink) override {
    auto duration = sink.family(kDuration);
    duration.add(address_ ? lookup_seconds_ : 0.0, "resolve");
    duration.add(result_.times.seconds(Phase::dns) + result_.times.seconds(Phase::connect), "setup");
    duration.add(result_.outcome ? result_.times.seconds(Phase::processing) : 0.0, "rtt");
    if (result_.reply_hop_limit > 0) sink.add(kHops, result_.reply_hop_limit);
  }

  IcmpCall ping_;
  IcmpResult result_;
};

}  // namespace

std::unique_ptr<Probe> make_icmp_probe(const Network& network, ProbeOrder order) {
  return std::make_unique<IcmpProbe>(network, std::move(order));
}

}  // namespace finwatch::workflow
