#include <array>
#include <string>
#include <vector>

#include "host/sources/device_class.h"
#include "host/sources/firmware_text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInfo{
    MetricType::info,
    "node_dmi_info",
    "What the firmware says about the machine, value is always 1, from /sys/class/dmi/id; a label is absent "
    "where the firmware says nothing or only root may read it.",
    "bios_date",
    "bios_release",
    "bios_vendor",
    "bios_version",
    "board_asset_tag",
    "board_name",
    "board_serial",
    "board_vendor",
    "board_version",
    "chassis_asset_tag",
    "chassis_serial",
    "chassis_vendor",
    "chassis_version",
    "product_family",
    "product_name",
    "product_serial",
    "product_sku",
    "product_uuid",
    "product_version",
    "system_vendor"};
constexpr MetricRef kMetrics[] = {kInfo};

class Dmi final : public Collector {
 public:
  explicit Dmi(const Env& env) : folder_(env, "class/dmi/id") {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    // The firmware says the same until the next boot: what was read once is not read again.
    if (labels_.empty()) {
      const Result<bool> changed = folder_.refresh(scrape.number);
      if (!changed) return changed.error();
      if (*changed) read();
      if (labels_.empty()) return {Errc::no_data, folder_.path("") + ": nothing that may be read"};
    }
    sink.open_family(kInfo.type, kInfo.name, kInfo.help);
    sink.add_sample("", labels_, 1);
    return ok();
  }

 private:
  void read() {
    values_.reserve(kInfo.labels.size());  // labels_ points into it
    Buffer text;
    for (const std::string_view label : kInfo.labels) {
      const std::string path = folder_.path("") + std::string(label == "system_vendor" ? "sys_vendor" : label);
      if (read_small(path.c_str(), text) != 0) continue;
      values_.push_back(firmware_text(attribute_text(text)));
      labels_.push_back({label, values_.back()});
    }
  }

  DeviceClass folder_;
  std::vector<std::string> values_;
  std::vector<LabelPair> labels_;
};

}  // namespace

extern const CollectorInfo dmi_collector{
    .name = "dmi",
    .summary = "Maker, model, serial numbers and firmware version of the machine, from /sys/class/dmi/id.",
    .metrics = kMetrics,
    .make = make_collector<Dmi>,
};

}  // namespace finwatch::host
