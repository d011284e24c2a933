// The command line of node_exporter 1.11 is understood: every spelling that its --help prints.
#include <algorithm>
#include <set>

#include "host/collectors.h"
#include "host/compatibility.h"
#include "program_flags.h"
#include "support/catch.h"

using namespace finwatch;
using Catch::Matchers::Contains;

namespace {

constexpr std::string_view kProcessWide[] = {"help",
                                             "version",
                                             "path.procfs",
                                             "path.sysfs",
                                             "path.rootfs",
                                             "path.udev.data",
                                             "web.telemetry-path",
                                             "web.disable-exporter-metrics",
                                             "web.max-requests",
                                             "collector.disable-defaults",
                                             "runtime.gomaxprocs",
                                             "web.systemd-socket",
                                             "web.listen-address",
                                             "web.config.file",
                                             "log.level",
                                             "log.format",
                                             "collector.netclass_rtnl.with-stats"};

constexpr std::string_view kCollectors[] = {"arp",
                                            "bonding",
                                            "buddyinfo",
                                            "cgroups",
                                            "conntrack",
                                            "cpu",
                                            "cpu_vulnerabilities",
                                            "cpufreq",
                                            "diskstats",
                                            "dmi",
                                            "edac",
                                            "entropy",
                                            "ethtool",
                                            "fibrechannel",
                                            "filefd",
                                            "filesystem",
                                            "hwmon",
                                            "interrupts",
                                            "kernel_hung",
                                            "loadavg",
                                            "mdadm",
                                            "meminfo",
                                            "meminfo_numa",
                                            "mountstats",
                                            "netclass",
                                            "netdev",
                                            "netstat",
                                            "network_route",
                                            "nfs",
                                            "nvme",
                                            "os",
                                            "powersupplyclass",
                                            "pressure",
                                            "processes",
                                            "rapl",
                                            "schedstat",
                                            "selinux",
                                            "slabinfo",
                                            "sockstat",
                                            "softirqs",
                                            "softnet",
                                            "stat",
                                            "swap",
                                            "sysctl",
                                            "systemd",
                                            "tapestats",
                                            "tcpstat",
                                            "textfile",
                                            "thermal_zone",
                                            "time",
                                            "timex",
                                            "udp_queues",
                                            "uname",
                                            "vmstat",
                                            "watchdog",
                                            "xfrm",
                                            "xfs",
                                            "zoneinfo",
                                            "dmmultipath"};

constexpr std::string_view kOfCollectors[] = {"arp.device-include",
                                              "arp.device-exclude",
                                              "arp.netlink",
                                              "cpu.guest",
                                              "cpu.info",
                                              "cpu.info.flags-include",
                                              "cpu.info.bugs-include",
                                              "diskstats.device-exclude",
                                              "diskstats.device-include",
                                              "ethtool.device-include",
                                              "ethtool.device-exclude",
                                              "ethtool.metrics-include",
                                              "filesystem.mount-points-exclude",
                                              "filesystem.mount-points-include",
                                              "filesystem.fs-types-exclude",
                                              "filesystem.fs-types-include",
                                              "hwmon.chip-include",
                                              "hwmon.chip-exclude",
                                              "hwmon.sensor-include",
                                              "hwmon.sensor-exclude",
                                              "interrupts.name-include",
                                              "interrupts.name-exclude",
                                              "interrupts.include-zeros",
                                              "netclass.ignored-devices",
                                              "netclass.ignore-invalid-speed",
                                              "netclass.netlink",
                                              "netdev.device-include",
                                              "netdev.device-exclude",
                                              "netdev.address-info",
                                              "netdev.enable-detailed-metrics",
                                              "netdev.netlink",
                                              "netdev.label-ifalias",
                                              "netstat.fields",
                                              "powersupply.ignored-supplies",
                                              "rapl.enable-zone-label",
                                              "slabinfo.slabs-include",
                                              "slabinfo.slabs-exclude",
                                              "stat.softirq",
                                              "sysctl.include",
                                              "sysctl.include-info",
                                              "systemd.unit-include",
                                              "systemd.unit-exclude",
                                              "systemd.enable-task-metrics",
                                              "systemd.enable-restarts-metrics",
                                              "systemd.enable-start-time-metrics",
                                              "tapestats.ignored-devices",
                                              "textfile.directory",
                                              "vmstat.fields"};

constexpr std::string_view kOfAbsent[] = {"bcache.priorityStats",
                                          "ipvs.backend-labels",
                                          "ntp.server",
                                          "ntp.server-port",
                                          "ntp.protocol-version",
                                          "ntp.server-is-local",
                                          "ntp.ip-ttl",
                                          "ntp.max-distance",
                                          "ntp.local-offset-tolerance",
                                          "pcidevice.idsfile",
                                          "pcidevice.names",
                                          "perf.cpus",
                                          "perf.tracepoint",
                                          "perf.disable-hardware-profilers",
                                          "perf.hardware-profilers",
                                          "perf.disable-software-profilers",
                                          "perf.software-profilers",
                                          "perf.disable-cache-profilers",
                                          "perf.cache-profilers",
                                          "qdisc.fixtures",
                                          "qdisc.device-include",
                                          "qdisc.device-exclude",
                                          "runit.servicedir",
                                          "supervisord.url",
                                          "wifi.fixtures"};

const Program kHost{.name = "finwatch-host",
                    .listen_address = "127.0.0.1:19600",
                    .peer = host::kNodeExporter,
                    .collectors = host::collectors(),
                    .reads_host_trees = true};

std::string error_of(const std::string& flag) {
  ProgramFlags flags(kHost);
  const char* word = flag.c_str();
  const Status status = flags.parse({&word, 1});
  return status ? "" : status.error().message;
}

bool is_built(std::string_view collector) {
  const auto all = host::collectors();
  return std::any_of(all.begin(), all.end(), [&](const CollectorInfo* info) { return info->name == collector; });
}

}  // namespace

TEST_CASE("compatibility: process-wide flags of node_exporter are understood") {
  const ProgramFlags flags(kHost);
  for (const std::string_view name : kProcessWide) {
    CAPTURE(name);
    CHECK(flags->known(name));
  }
  for (const char* flag : {"-h", "--help-long", "--help-man", "--web.listen-address=:9100", "--runtime.gomaxprocs=1",
                           "--no-collector.netclass_rtnl.with-stats", "--log.level=debug", "--log.format=json",
                           "--web.config.file=", "--web.max-requests=0"})
    CHECK(error_of(flag) == "");
}

TEST_CASE("compatibility: every collector that is built here has node_exporter's switch and its other flags") {
  const ProgramFlags flags(kHost);
  std::set<std::string_view> missing;
  for (const std::string_view name : kCollectors) {
    if (!is_built(name)) {
      missing.insert(name);
      continue;
    }
    CHECK(error_of("--collector." + std::string(name)) == "");
    CHECK(error_of("--no-collector." + std::string(name)) == "");
  }
  for (const std::string_view name : kOfCollectors) {
    CAPTURE(name);
    std::string_view collector = name.substr(0, name.find('.'));
    if (collector == "powersupply") collector = "powersupplyclass";
    if (!missing.contains(collector)) CHECK(flags->known("collector." + std::string(name)));
  }
}

TEST_CASE("compatibility: a collector that is not here is refused with a word, and may be switched off") {
  CHECK(error_of("--collector.zfs") ==
        "--collector.zfs: finwatch-host has no collector zfs; leave the flag out, or let node_exporter run beside it with "
        "--collector.disable-defaults --collector.zfs");
  for (const std::string_view name : host::kAbsentCollectors) {
    CAPTURE(name);
    CHECK_FALSE(is_built(name));
    CHECK(error_of("--no-collector." + std::string(name)) == "");
    CHECK(error_of("--collector." + std::string(name) + "=false") == "");
    CHECK_THAT(error_of("--collector." + std::string(name)), Contains("has no collector " + std::string(name)));
  }
  for (const std::string_view name : kOfAbsent)
    CHECK_THAT(error_of("--collector." + std::string(name) + "=1"),
               Contains("has no collector " + std::string(name.substr(0, name.find('.')))));
  CHECK_THAT(error_of("--collector.bcach"), Contains("unknown flag"));  // no prefix of another name
}

TEST_CASE("compatibility: what is accepted without effect says why, and is kept out of the help") {
  const ProgramFlags flags(kHost);
  for (const FlagSpec& spec : host::kIgnoredFlags) {
    CHECK(spec.help.size() > 20);
    CHECK_THAT(flags->help(), !Contains(std::string(spec.name)));
  }
}
