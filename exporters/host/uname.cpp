#include <memory>

#include "host/sources/uname_call.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInfo{
    MetricType::info, "node_uname_info", "The kernel and the name of the machine, value is always 1, from uname(2).",
    "domainname",     "machine",         "nodename",
    "release",        "sysname",         "version"};
constexpr MetricRef kMetrics[] = {kInfo};

class Uname final : public Collector {
 public:
  explicit Uname(const Env& env) : uname_(env.shared<UnameCall>()) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    utsname name{};
    if (const int error = (*uname_)(name); error != 0) return error_from_errno(error, "uname");
    sink.family(kInfo).add(1, name.domainname, name.machine, name.nodename, name.release, name.sysname, name.version);
    return ok();
  }

 private:
  const std::shared_ptr<UnameCall> uname_;
};

}  // namespace

extern const CollectorInfo uname_collector{
    .name = "uname",
    .summary = "Kernel release, machine name and architecture, from uname(2).",
    .metrics = kMetrics,
    .make = make_collector<Uname>,
};

}  // namespace finwatch::host
