#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kEnabled{MetricType::gauge, "node_selinux_enabled",
                              "Whether SELinux is switched on (1) or not (0): /sys/fs/selinux is there."};
constexpr MetricDesc kConfigMode{MetricType::gauge, "node_selinux_config_mode",
                                 "Mode after the next boot, 1 enforcing, 0 permissive, -1 disabled, from /etc/selinux/config."};
constexpr MetricDesc kCurrentMode{MetricType::gauge, "node_selinux_current_mode",
                                  "Mode now, 1 enforcing, 0 permissive, from /sys/fs/selinux/enforce."};
constexpr MetricRef kMetrics[] = {kEnabled, kConfigMode, kCurrentMode};

constexpr int kDisabled = -1;

int configured_mode(std::string_view config) {
  LineReader lines(config);
  while (const auto line = lines.next()) {
    const std::string_view setting = trim(*line);
    if (!setting.starts_with("SELINUX=")) continue;
    const std::string_view mode = trim(setting.substr(8));
    if (mode == "enforcing") return 1;
    if (mode == "permissive") return 0;
    return kDisabled;
  }
  return kDisabled;
}

class Selinux final : public Collector {
 public:
  explicit Selinux(const Env& env) : enforce_(env.sys("fs/selinux/enforce")), config_(env.root("etc/selinux/config")) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> enforce = enforce_.read();
    if (!enforce && enforce.error().code == Errc::no_data) {
      sink.add(kEnabled, false);
      return ok();
    }
    if (!enforce) return enforce.error();
    const auto mode = to_number<int>(trim(*enforce));
    if (!mode || *mode < 0 || *mode > 1) return {Errc::malformed, enforce_.path() + ": expected 0 or 1"};
    const Result<std::string_view> config = config_.read();
    config_.close();  // whoever edits it puts a new file in its place
    sink.add(kEnabled, true);
    sink.add(kConfigMode, config ? configured_mode(*config) : kDisabled);
    sink.add(kCurrentMode, *mode);
    return ok();
  }

 private:
  KeptFile enforce_;
  KeptFile config_;
};

}  // namespace

extern const CollectorInfo selinux_collector{
    .name = "selinux",
    .summary = "Whether SELinux is on and enforcing, from /sys/fs/selinux and /etc/selinux/config.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<Selinux>,
};

}  // namespace finwatch::host
