#include <array>
#include <span>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kPackets{MetricType::counter, "node_nfs_packets_total",
                              "Network packets of the NFS client, from /proc/net/rpc/nfs.", "protocol"};
constexpr MetricDesc kConnections{MetricType::counter, "node_nfs_connections_total",
                                  "TCP connections of the NFS client, from /proc/net/rpc/nfs."};
constexpr MetricDesc kRpcs{MetricType::counter, "node_nfs_rpcs_total", "Remote calls made, from /proc/net/rpc/nfs."};
constexpr MetricDesc kRetransmissions{MetricType::counter, "node_nfs_rpc_retransmissions_total",
                                      "Remote calls that had to be sent again, from /proc/net/rpc/nfs."};
constexpr MetricDesc kRefreshes{MetricType::counter, "node_nfs_rpc_authentication_refreshes_total",
                                "Times credentials were renewed, from /proc/net/rpc/nfs."};
constexpr MetricDesc kRequests{MetricType::counter, "node_nfs_requests_total",
                               "Calls by NFS version and procedure, from /proc/net/rpc/nfs.", "proto", "method"};
constexpr MetricRef kMetrics[] = {kPackets, kConnections, kRpcs, kRetransmissions, kRefreshes, kRequests};

// In the order of the kernel's tables.
constexpr std::string_view kVersion2[] = {"Null", "GetAttr", "SetAttr", "Root",   "Lookup",  "ReadLink",
                                          "Read", "WrCache", "Write",   "Create", "Remove",  "Rename",
                                          "Link", "SymLink", "MkDir",   "RmDir",  "ReadDir", "FsStat"};
constexpr std::string_view kVersion3[] = {
    "Null",  "GetAttr", "SetAttr", "Lookup", "Access", "ReadLink", "Read",        "Write",  "Create", "MkDir",    "SymLink",
    "MkNod", "Remove",  "RmDir",   "Rename", "Link",   "ReadDir",  "ReadDirPlus", "FsStat", "FsInfo", "PathConf", "Commit"};
constexpr std::string_view kVersion4[] = {"Null",
                                          "Read",
                                          "Write",
                                          "Commit",
                                          "Open",
                                          "OpenConfirm",
                                          "OpenNoattr",
                                          "OpenDowngrade",
                                          "Close",
                                          "Setattr",
                                          "FsInfo",
                                          "Renew",
                                          "SetClientID",
                                          "SetClientIDConfirm",
                                          "Lock",
                                          "Lockt",
                                          "Locku",
                                          "Access",
                                          "Getattr",
                                          "Lookup",
                                          "LookupRoot",
                                          "Remove",
                                          "Rename",
                                          "Link",
                                          "Symlink",
                                          "Create",
                                          "Pathconf",
                                          "StatFs",
                                          "ReadLink",
                                          "ReadDir",
                                          "ServerCaps",
                                          "DelegReturn",
                                          "GetACL",
                                          "SetACL",
                                          "FsLocations",
                                          "ReleaseLockowner",
                                          "Secinfo",
                                          "FsidPresent",
                                          "ExchangeID",
                                          "CreateSession",
                                          "DestroySession",
                                          "Sequence",
                                          "GetLeaseTime",
                                          "ReclaimComplete",
                                          "GetDeviceInfo",
                                          "LayoutGet",
                                          "LayoutCommit",
                                          "LayoutReturn",
                                          "SecinfoNoName",
                                          "TestStateID",
                                          "FreeStateID",
                                          "GetDeviceList",
                                          "BindConnToSession",
                                          "DestroyClientID",
                                          "Seek",
                                          "Allocate",
                                          "DeAllocate",
                                          "LayoutStats",
                                          "Clone"};

struct Version {
  std::string_view line;
  std::string_view proto;
  std::span<const std::string_view> procedures;
};
constexpr Version kVersions[] = {{"proc2", "2", kVersion2}, {"proc3", "3", kVersion3}, {"proc4", "4", kVersion4}};
constexpr std::size_t kMostNumbers = 64;

/// The numbers after the word that begins a line.
struct Numbers {
  std::array<std::uint64_t, kMostNumbers> values{};
  std::size_t count = 0;

  void read(FieldReader fields) {
    count = 0;
    while (count < kMostNumbers) {
      const auto value = fields.next_number<std::uint64_t>();
      if (!value) return;
      values[count++] = *value;
    }
  }
};

class NfsClient final : public Collector {
 public:
  explicit NfsClient(const Env& env) : file_(env.proc("net/rpc/nfs"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    Numbers net, rpc;
    std::array<Numbers, std::size(kVersions)> procedures;
    for (LineReader lines(*text); const auto line = lines.next();) {
      FieldReader fields(*line);
      const std::string_view word = fields.next();
      if (word == "net") net.read(fields);
      if (word == "rpc") rpc.read(fields);
      for (std::size_t i = 0; i < std::size(kVersions); ++i)
        if (word == kVersions[i].line) procedures[i].read(fields.skip(1));  // after how many follow
    }
    if (net.count < 4 && rpc.count < 3)
      return {Errc::malformed, file_.path() + ": expected 'net' with four numbers and 'rpc' with three"};
    if (net.count >= 4) {
      sink.family(kPackets).add(net.values[1], "udp").add(net.values[2], "tcp");
      sink.add(kConnections, net.values[3]);
    }
    if (rpc.count >= 3) {
      sink.add(kRpcs, rpc.values[0]);
      sink.add(kRetransmissions, rpc.values[1]);
      sink.add(kRefreshes, rpc.values[2]);
    }
    auto family = sink.family(kRequests);
    for (std::size_t i = 0; i < std::size(kVersions); ++i) {
      const std::size_t known = std::min(procedures[i].count, kVersions[i].procedures.size());
      for (std::size_t j = 0; j < known; ++j)
        family.add(procedures[i].values[j], kVersions[i].proto, kVersions[i].procedures[j]);
    }
    return ok();
  }

 private:
  KeptFile file_;
};

}  // namespace

extern const CollectorInfo nfs_collector{
    .name = "nfs",
    .summary = "What this machine asks of NFS servers, by version and procedure, from /proc/net/rpc/nfs.",
    .metrics = kMetrics,
    .make = make_collector<NfsClient>,
};

}  // namespace finwatch::host
