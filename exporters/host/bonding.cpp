#include <algorithm>
#include <deque>

#include "core/device_watch.h"
#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kActive{MetricType::gauge, "node_bonding_active",
                             "Slaves of the bond whose link is up, from bonding_slave/mii_status below /sys/class/net.",
                             "master"};
constexpr MetricDesc kSlaves{MetricType::gauge, "node_bonding_slaves",
                             "Slaves configured for the bond, from /sys/class/net/<bond>/bonding/slaves.", "master"};
constexpr MetricRef kMetrics[] = {kActive, kSlaves};

constexpr std::size_t kMostDevices = 1024;

struct Slave {
  std::string name;
  KeptFile status;
};

struct Bond {
  std::string name;
  KeptFile members;
  std::string member_names;  // what `slaves` was made from
  std::deque<Slave> slaves;
  int active = 0;
  bool present = false;
};

class Bonding final : public Collector {
 public:
  explicit Bonding(const Env& env)
      : folder_(env.sys("class/net")), masters_(env.sys("class/net/bonding_masters")), watch_(env.shared<DeviceWatch>()) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    // Without the bonding module there is no file to keep open: asked again only when some device came or went.
    const std::uint64_t generation = watch_->generation(scrape.number);
    if (absent_ && absent_at_ == generation) return Errc::no_data;
    const Result<std::string_view> masters = masters_.read();
    absent_ = !masters && masters.error().code == Errc::no_data;
    absent_at_ = generation;
    if (!masters) return masters.error();
    if (*masters != master_names_) list_bonds(*masters);
    for (Bond& bond : bonds_) bond.present = count(bond);
    auto active = sink.family(kActive);
    for (const Bond& bond : bonds_)
      if (bond.present) active.add(bond.active, bond.name);
    auto slaves = sink.family(kSlaves);
    for (const Bond& bond : bonds_)
      if (bond.present) slaves.add(bond.slaves.size(), bond.name);
    return ok();
  }

 private:
  void list_bonds(std::string_view masters) {
    master_names_ = masters;
    bonds_.clear();
    for (LineReader lines(masters); const auto line = lines.next();)
      for (FieldReader fields(*line); !fields.done();) {
        const std::string name(fields.next());
        const auto same = [&](const Bond& bond) { return bond.name == name; };
        if (bonds_.size() == kMostDevices || std::any_of(bonds_.begin(), bonds_.end(), same)) continue;
        bonds_.push_back({name, KeptFile(folder_ + "/" + name + "/bonding/slaves"), {}, {}, 0, false});
      }
  }

  // False when the bond went away meanwhile.
  bool count(Bond& bond) {
    const Result<std::string_view> members = bond.members.read();
    if (!members) return false;
    if (*members != bond.member_names || bond.slaves.empty()) list_slaves(bond, *members);
    bond.active = 0;
    for (Slave& slave : bond.slaves) {
      const Result<std::string_view> status = slave.status.read();
      if (status && trim(*status) == "up") ++bond.active;
    }
    return true;
  }

  void list_slaves(Bond& bond, std::string_view members) {
    bond.member_names = members;
    bond.slaves.clear();
    for (FieldReader fields(trim(members)); !fields.done() && bond.slaves.size() < kMostDevices;) {
      const std::string name(fields.next());
      const std::string below = "_" + name + "/bonding_slave/mii_status";
      const std::string lower = folder_ + "/" + bond.name + "/lower" + below;
      KeptFile status(lower);
      // Kernels before 3.13 call the link slave_eth0.
      if (!status.read()) status = KeptFile(folder_ + "/" + bond.name + "/slave" + below);
      bond.slaves.push_back({name, std::move(status)});
    }
  }

  std::string folder_;
  KeptFile masters_;
  std::shared_ptr<DeviceWatch> watch_;
  std::string master_names_;
  std::deque<Bond> bonds_;
  bool absent_ = false;
  std::uint64_t absent_at_ = 0;
};

}  // namespace

extern const CollectorInfo bonding_collector{
    .name = "bonding",
    .summary = "Slaves of bonded network cards, configured and up, from /sys/class/net.",
    .metrics = kMetrics,
    .make = make_collector<Bonding>,
};

}  // namespace finwatch::host
