// The command line of node_exporter 1.11, as far as it names what finwatch-host has no use for.
#pragma once

#include <string_view>

#include "app.h"

namespace finwatch::host {

inline constexpr FlagSpec kIgnoredFlags[] = {
    {FlagKind::integer, "runtime.gomaxprocs", "1", "There is no Go runtime here; at most two threads work at a time."},
    {FlagKind::boolean, "collector.netclass_rtnl.with-stats", "false",
     "The collector netdev shows these statistics in any case."},
};

// Hardware and services that no server under an ERP is watched for with node_exporter, or that other programs do better.
inline constexpr std::string_view kAbsentCollectors[] = {
    "bcache", "bcachefs", "btrfs",     "drbd", "drm",   "infiniband", "ipvs",        "ksmd", "lnstat", "logind",
    "nfsd",   "ntp",      "pcidevice", "perf", "qdisc", "runit",      "supervisord", "wifi", "zfs",
};

inline constexpr Peer kNodeExporter{.name = "node_exporter",
                                    .build_info = "node_exporter_build_info",
                                    .ignored_flags = kIgnoredFlags,
                                    .absent_collectors = kAbsentCollectors};

}  // namespace finwatch::host
