#include "program_flags.h"

#include "core/log.h"
#include "core/text.h"

namespace finwatch {
namespace {

constexpr FlagSpec kCommonFlags[] = {
    {FlagKind::boolean, "help", "false", "Show this help and exit."},
    {.kind = FlagKind::boolean, .name = "help-long", .default_value = "false", .help = "The same as --help.", .hidden = true},
    {.kind = FlagKind::boolean, .name = "help-man", .default_value = "false", .help = "The same as --help.", .hidden = true},
    {FlagKind::boolean, "version", "false", "Show the version and exit."},
    {FlagKind::text, "config.file", "", "Configuration file (YAML); none is needed."},
    {FlagKind::boolean, "config.check", "false", "Check flags and configuration files, say what is wrong, and exit."},
    {FlagKind::text, "web.config.file", "", "TLS and users, in the web-config.yml format of the Prometheus exporters."},
    {FlagKind::text, "web.telemetry-path", "/metrics", "Path of the metrics."},
    {FlagKind::integer, "web.max-requests", "128", "Most requests for metrics in flight, 0 for no limit."},
    {FlagKind::boolean, "web.systemd-socket", "false",
     "Serve on the sockets that systemd opened, instead of web.listen-address."},
    {FlagKind::boolean, "web.disable-exporter-metrics", "false",
     "Leave out the metrics about this program: process_* and finwatch_http_requests_total."},
    {FlagKind::duration, "scrape.timeout", "10s", "Longest time for one page; a scraper's own shorter timeout wins."},
    {FlagKind::text, "log.level", "info", "Least severe lines to log: debug, info, warn or error."},
    {FlagKind::text, "log.format", "logfmt", "How log lines look: logfmt or json."},
    {FlagKind::boolean, "once", "false", "Write one page to standard output and exit."},
    {.kind = FlagKind::text,
     .name = "catalogue",
     .default_value = "",
     .help = "Write the catalogue of all metrics as json or markdown and exit.",
     .bare_value = "json"},
    {FlagKind::text, "catalogue.pages", "", "Bring the metric tables of the pages in this folder up to date and exit."},
    {FlagKind::boolean, "collector.disable-defaults", "false", "Start with every collector off."},
};

constexpr FlagSpec kTreeFlags[] = {
    {FlagKind::text, "path.procfs", "/proc", "Where procfs is mounted."},
    {FlagKind::text, "path.sysfs", "/sys", "Where sysfs is mounted."},
    {FlagKind::text, "path.rootfs", "/", "Where the host's root file system is mounted."},
    {FlagKind::text, "path.udev.data", "/run/udev/data", "Where udev keeps its data."},
};

Status wrong(std::string_view flag, std::string_view expected, std::string_view found) {
  return {Errc::config,
          "--" + std::string(flag) + ": expected " + std::string(expected) + ", found \"" + valid_utf8(found) + "\""};
}

}  // namespace

ProgramFlags::ProgramFlags(const Program& program) : program_(program) {
  std::vector<FlagSpec> specs(std::begin(kCommonFlags), std::end(kCommonFlags));
  specs.push_back({FlagKind::list, "web.listen-address", keep(program.listen_address),
                   "Address to serve on; may be given again. :PORT is every address, unix:/PATH a socket file."});
  specs.insert(specs.end(), program.flags.begin(), program.flags.end());
  if (program.reads_host_trees) specs.insert(specs.end(), std::begin(kTreeFlags), std::end(kTreeFlags));
  for (const CollectorInfo* info : program.collectors) {
    specs.push_back({FlagKind::boolean, keep("collector." + std::string(info->name)),
                     info->by_default == ByDefault::on ? "true" : "false", info->summary});
    specs.insert(specs.end(), info->flags.begin(), info->flags.end());
  }
  for (FlagSpec spec : program.peer.ignored_flags) {
    spec.hidden = true;
    specs.push_back(spec);
  }
  for (const std::string_view name : program.peer.absent_collectors)
    specs.push_back({.kind = FlagKind::boolean,
                     .name = keep("collector." + std::string(name)),
                     .default_value = "false",
                     .help = "Accepted as --no-collector only.",
                     .hidden = true});
  flags_.emplace(std::move(specs));
}

Status ProgramFlags::parse(std::span<const char* const> arguments) {
  std::vector<const char*> words(arguments.begin(), arguments.end());
  for (const char*& word : words)
    if (std::string_view(word) == "-h") word = "--help";
  const Status parsed = flags_->parse(words);
  for (const char* word : words)
    if (Status absent = refuse_absent(word); !absent) return absent;
  return parsed ? check_values() : parsed;
}

// --collector.zfs and --collector.ntp.server=… of the other exporter; --no-collector.zfs asks for what is the case anyway.
Status ProgramFlags::refuse_absent(std::string_view word) const {
  for (const std::string_view name : program_.peer.absent_collectors) {
    const std::string flag = "--collector." + std::string(name);
    if (!word.starts_with(flag) || word == flag + "=false") continue;
    const std::string_view rest = word.substr(flag.size());
    if (!rest.empty() && rest[0] != '.' && rest[0] != '=') continue;
    return {Errc::config, std::string(word.substr(0, word.find('='))) + ": " + program_.name + " has no collector " +
                              std::string(name) + "; leave the flag out, or let " + std::string(program_.peer.name) +
                              " run beside it with --collector.disable-defaults --collector." + std::string(name)};
  }
  return ok();
}

// What the kind of a flag does not say.
Status ProgramFlags::check_values() const {
  const std::string_view level = flags_->text("log.level");
  if (!log_level(level)) return wrong("log.level", "debug, info, warn or error", level);
  const std::string_view format = flags_->text("log.format");
  if (format != "logfmt" && format != "json") return wrong("log.format", "logfmt or json", format);
  const std::string_view kind = flags_->text("catalogue");
  if (!kind.empty() && kind != "json" && kind != "markdown") return wrong("catalogue", "json or markdown", kind);
  const std::string_view path = flags_->text("web.telemetry-path");
  if (!path.starts_with('/')) return wrong("web.telemetry-path", "a path that begins with /", path);
  if (flags_->integer("web.max-requests") < 0) return wrong("web.max-requests", "0 or more", flags_->text("web.max-requests"));
  if (flags_->duration("scrape.timeout").count() <= 0)
    return wrong("scrape.timeout", "a length of time above 0", flags_->text("scrape.timeout"));
  return ok();
}

}  // namespace finwatch
