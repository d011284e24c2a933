#include <array>
#include <limits>
#include <vector>

#include "core/text.h"
#include "host/sources/attribute.h"
#include "host/sources/device_class.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInfo{MetricType::info,
                           "node_fibrechannel_info",
                           "The port and its state, from /sys/class/fc_host.",
                           "fc_host",
                           "speed",
                           "port_state",
                           "port_type",
                           "port_id",
                           "port_name",
                           "fabric_name",
                           "symbolic_name",
                           "supported_classes",
                           "supported_speeds",
                           "dev_loss_tmo"};

struct Counter {
  std::string_view file;  // in /sys/class/fc_host/*/statistics
  MetricDesc<1> desc;
};
constexpr Counter kCounters[] = {
    {"dumped_frames",
     {MetricType::counter, "node_fibrechannel_dumped_frames_total", "Frames that the port dropped, from statistics.",
      "fc_host"}},
    {"error_frames",
     {MetricType::counter, "node_fibrechannel_error_frames_total", "Frames received with errors, from statistics.", "fc_host"}},
    {"fcp_packet_aborts",
     {MetricType::counter, "node_fibrechannel_fcp_packet_aborts_total", "SCSI packets aborted, from statistics.", "fc_host"}},
    {"invalid_crc_count",
     {MetricType::counter, "node_fibrechannel_invalid_crc_total", "Frames with a wrong checksum, from statistics.", "fc_host"}},
    {"invalid_tx_word_count",
     {MetricType::counter, "node_fibrechannel_invalid_tx_words_total",
      "Transmission words that made no sense, from statistics.", "fc_host"}},
    {"link_failure_count",
     {MetricType::counter, "node_fibrechannel_link_failure_total", "Times the link failed, from statistics.", "fc_host"}},
    {"loss_of_signal_count",
     {MetricType::counter, "node_fibrechannel_loss_of_signal_total", "Times the light was lost, from statistics.", "fc_host"}},
    {"loss_of_sync_count",
     {MetricType::counter, "node_fibrechannel_loss_of_sync_total", "Times the port lost synchronisation, from statistics.",
      "fc_host"}},
    {"nos_count",
     {MetricType::counter, "node_fibrechannel_nos_total", "Not-operational sequences received, from statistics.", "fc_host"}},
    {"rx_frames", {MetricType::counter, "node_fibrechannel_rx_frames_total", "Frames received, from statistics.", "fc_host"}},
    {"rx_words",
     {MetricType::counter, "node_fibrechannel_rx_words_total", "Words of four bytes received, from statistics.", "fc_host"}},
    {"seconds_since_last_reset",
     {MetricType::counter, "node_fibrechannel_seconds_since_last_reset_total",
      "Seconds since the counters of the port were last set to 0, from statistics.", "fc_host"}},
    {"tx_frames", {MetricType::counter, "node_fibrechannel_tx_frames_total", "Frames sent, from statistics.", "fc_host"}},
    {"tx_words",
     {MetricType::counter, "node_fibrechannel_tx_words_total", "Words of four bytes sent, from statistics.", "fc_host"}},
};
constexpr std::size_t kCounterCount = std::size(kCounters);

constexpr auto kMetrics = [] {
  std::array<MetricRef, kCounterCount + 1> all{kInfo};
  for (std::size_t i = 0; i < kCounterCount; ++i) all[i + 1] = kCounters[i].desc;
  return all;
}();

/// What a port says when its firmware does not count something.
constexpr std::uint64_t kNotCounted = std::numeric_limits<std::uint64_t>::max();

struct Port {
  Port(std::string its_name, const std::string& folder)
      : name(std::move(its_name)),
        speed(folder + "speed"),
        state(folder + "port_state"),
        type(folder + "port_type"),
        id(folder + "port_id"),
        fabric(folder + "fabric_name"),
        loss_timeout(folder + "dev_loss_tmo"),
        port_name(read_attribute(folder + "port_name")),
        symbolic_name(read_attribute(folder + "symbolic_name")),
        classes(read_attribute(folder + "supported_classes")),
        speeds(read_attribute(folder + "supported_speeds")) {
    counters.reserve(kCounterCount);
    for (const Counter& counter : kCounters) counters.emplace_back(folder + "statistics/" + std::string(counter.file));
  }

  std::string name;
  Attribute speed, state, type, id, fabric, loss_timeout;  // may change
  std::string port_name, symbolic_name, classes, speeds;   // do not
  std::vector<Attribute> counters;
};

std::string_view without_0x(std::string_view text) { return text.starts_with("0x") ? text.substr(2) : text; }

class FibreChannel final : public Collector {
 public:
  explicit FibreChannel(const Env& env) : class_(env, "class/fc_host") {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = class_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) {
      ports_.clear();
      for (const std::string& name : class_.names()) ports_.emplace_back(name, class_.path(name));
    }
    {
      auto family = sink.family(kInfo);
      for (Port& p : ports_)
        family.add(1, p.name, p.speed.text(), p.state.text(), p.type.text(), without_0x(p.id.text()), without_0x(p.port_name),
                   without_0x(p.fabric.text()), p.symbolic_name, p.classes, p.speeds, p.loss_timeout.text());
    }
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      auto family = sink.family(kCounters[i].desc);
      for (Port& port : ports_)
        if (const auto value = port.counters[i].number(); value && *value != kNotCounted) family.add(*value, port.name);
    }
    return ok();
  }

 private:
  DeviceClass class_;
  std::vector<Port> ports_;
};

}  // namespace

extern const CollectorInfo fibrechannel_collector{
    .name = "fibrechannel",
    .summary = "Fibre Channel ports, their state and error counters, from /sys/class/fc_host.",
    .metrics = kMetrics,
    .make = make_collector<FibreChannel>,
};

}  // namespace finwatch::host
