#include <algorithm>
#include <string>
#include <vector>

#include "core/buffer.h"
#include "core/text.h"
#include "host/sources/device_class.h"
#include "host/sources/small_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInfo{
    MetricType::info,
    "node_cpu_vulnerabilities_info",
    "Whether the machine is open to a flaw of its CPU and what is done about it, value is always 1, from "
    "/sys/devices/system/cpu/vulnerabilities.",
    "codename",
    "state",
    "mitigation"};
constexpr MetricRef kMetrics[] = {kInfo};

struct State {
  std::string_view word;  // as the kernel begins
  std::string_view label;
};
constexpr State kStates[] = {
    {"Not affected", "not affected"}, {"Vulnerable", "vulnerable"}, {"Mitigation", "mitigation"}, {"Unknown", "unknown"}};

struct Verdict {
  std::string_view state = "unknown";
  std::string_view mitigation;
};

// "Not affected", "Vulnerable", "Vulnerable: no microcode", "Vulnerable, IBPB: disabled", "Mitigation: PTI". What begins in
// another way, such as "KVM: Mitigation: VMX disabled", is shown whole.
Verdict parse(std::string_view text) {
  for (const State& state : kStates) {
    if (!text.starts_with(state.word)) continue;
    const std::string_view rest = text.substr(state.word.size());
    return {state.label, rest.substr(std::min(rest.find_first_not_of(":;, "), rest.size()))};
  }
  return {.mitigation = text};
}

class CpuVulnerabilities final : public Collector {
 public:
  explicit CpuVulnerabilities(const Env& env) : folder_(env, "devices/system/cpu/vulnerabilities") {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = folder_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) {
      files_.clear();
      for (const std::string& name : folder_.names()) files_.push_back({folder_.path({}) + name, {}});
    }
    auto info = sink.family(kInfo);
    for (File& file : files_) {
      if (const int error = file.kept.read(file.path.c_str(), KeepOpen::yes, text_); error != 0)
        return error_from_errno(error, file.path);
      const Verdict verdict = parse(trim(text_.view()));
      info.add(1, base_name(file.path), verdict.state, verdict.mitigation);
    }
    return ok();
  }

 private:
  struct File {
    std::string path;
    SmallFile kept;
  };

  DeviceClass folder_;
  std::vector<File> files_;
  Buffer text_;
};

}  // namespace

extern const CollectorInfo cpu_vulnerabilities_collector{
    .name = "cpu_vulnerabilities",
    .summary = "Flaws of the CPU and what is done about them, from /sys/devices/system/cpu/vulnerabilities.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<CpuVulnerabilities>,
};

}  // namespace finwatch::host
