#include <algorithm>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/attribute.h"
#include "host/sources/device_class.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInfo{MetricType::info,
                           "node_nvme_info",
                           "The controller and its state, from /sys/class/nvme.",
                           "device",
                           "firmware_revision",
                           "model",
                           "serial",
                           "state",
                           "cntlid"};
constexpr MetricDesc kNamespaceInfo{MetricType::info,
                                    "node_nvme_namespace_info",
                                    "The namespace and the state of its path, from /sys/class/nvme/*/nvme*n*.",
                                    "device",
                                    "nsid",
                                    "ana_state"};
constexpr MetricDesc kCapacity{MetricType::gauge, "node_nvme_namespace_capacity_bytes",
                               "Capacity in bytes, from size (sectors of 512 bytes).", "device", "nsid"};
constexpr MetricDesc kSize{MetricType::gauge, "node_nvme_namespace_size_bytes",
                           "Size in bytes, from size (sectors of 512 bytes).", "device", "nsid"};
constexpr MetricDesc kUsed{MetricType::gauge, "node_nvme_namespace_used_bytes",
                           "Bytes that the drive has stored, from nuse and the logical block size.", "device", "nsid"};
constexpr MetricDesc kBlock{MetricType::gauge, "node_nvme_namespace_logical_block_size_bytes",
                            "Bytes of one logical block, from queue/logical_block_size.", "device", "nsid"};
constexpr MetricRef kMetrics[] = {kInfo, kNamespaceInfo, kCapacity, kSize, kUsed, kBlock};

struct Namespace {
  std::string nsid;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> block;
  Attribute ana_state;
  Attribute used_blocks;
};

struct Controller {
  std::string name;
  std::string firmware, model, serial, cntlid;
  Attribute state;
  std::vector<Namespace> namespaces;
};

std::optional<std::uint64_t> number_in(const std::string& path) { return to_number<std::uint64_t>(read_attribute(path)); }

class Nvme final : public Collector {
 public:
  explicit Nvme(const Env& env) : class_(env, "class/nvme") {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = class_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) list();
    write(sink);
    return ok();
  }

 private:
  void list() {
    controllers_.clear();
    for (const std::string& name : class_.names()) {
      const std::string folder = class_.path(name);
      Controller controller{.name = name,
                            .firmware = read_attribute(folder + "firmware_rev"),
                            .model = read_attribute(folder + "model"),
                            .serial = read_attribute(folder + "serial"),
                            .cntlid = read_attribute(folder + "cntlid"),
                            .state = Attribute(folder + "state"),
                            .namespaces = {}};
      list_namespaces(folder, controller);
      controllers_.push_back(std::move(controller));
    }
  }

  // nvme0n1, but not nvme0c0n1: that is one path of a namespace which has several.
  static void list_namespaces(const std::string& folder, Controller& controller) {
    const auto entries = list_folder(folder);
    if (!entries) return;
    for (const std::string& entry : *entries) {
      std::string_view rest = entry;
      if (!rest.starts_with(controller.name + "n")) continue;
      rest.remove_prefix(controller.name.size() + 1);
      if (!to_number<std::uint32_t>(rest)) continue;
      const std::string below = folder + entry + "/";
      Namespace space{.nsid = std::string(rest),
                      .bytes = number_in(below + "size"),
                      .block = number_in(below + "queue/logical_block_size"),
                      .ana_state = Attribute(below + "ana_state"),
                      .used_blocks = Attribute(below + "nuse")};
      if (space.bytes) *space.bytes *= 512;
      controller.namespaces.push_back(std::move(space));
    }
    const auto by_number = [](const Namespace& one) { return to_number<std::uint32_t>(one.nsid).value_or(0); };
    std::sort(controller.namespaces.begin(), controller.namespaces.end(),
              [&](const Namespace& a, const Namespace& b) { return by_number(a) < by_number(b); });
  }

  void write(MetricSink& sink) {
    {
      auto family = sink.family(kInfo);
      for (Controller& c : controllers_) family.add(1, c.name, c.firmware, c.model, c.serial, c.state.text(), c.cntlid);
    }
    {
      auto family = sink.family(kNamespaceInfo);
      for (Controller& c : controllers_)
        for (Namespace& space : c.namespaces) {
          const std::string_view path = space.ana_state.text();
          family.add(1, c.name, space.nsid, path.empty() ? std::string_view("unknown") : path);
        }
    }
    each(sink, kCapacity, [](const Namespace& space) { return space.bytes; });
    each(sink, kSize, [](const Namespace& space) { return space.bytes; });
    {
      auto family = sink.family(kUsed);
      for (Controller& c : controllers_) {
        // Reading nuse asks the drive itself: one that is being reset would hold up the scrape.
        if (c.state.text() != "live") continue;
        for (Namespace& space : c.namespaces) {
          const auto blocks = space.used_blocks.number();
          if (blocks && space.block) family.add(*blocks * *space.block, c.name, space.nsid);
        }
      }
    }
    each(sink, kBlock, [](const Namespace& space) { return space.block; });
  }

  template <class Value>
  void each(MetricSink& sink, const MetricDesc<2>& desc, Value value) {
    auto family = sink.family(desc);
    for (Controller& c : controllers_)
      for (Namespace& space : c.namespaces)
        if (const auto number = value(space)) family.add(*number, c.name, space.nsid);
  }

  DeviceClass class_;
  std::vector<Controller> controllers_;
};

}  // namespace

extern const CollectorInfo nvme_collector{
    .name = "nvme",
    .summary = "NVMe controllers and their namespaces, from /sys/class/nvme.",
    .metrics = kMetrics,
    .make = make_collector<Nvme>,
};

}  // namespace finwatch::host
