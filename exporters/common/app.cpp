#include "app.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "catalogue.h"
#include "conf/flags.h"
#include "conf/settings.h"
#include "conf/yaml.h"
#include "footprint.h"
#include "run/own_metrics.h"
#include "run/runner.h"
#include "service.h"
#include "version.h"
#include "web/server.h"

namespace finwatch {
namespace {

constexpr int kCouldNotStart = 1;
constexpr int kWrongCommandLine = 2;

constexpr FlagSpec kCommonFlags[] = {
    {FlagKind::boolean, "help", "false", "Show this help and exit."},
    {FlagKind::boolean, "version", "false", "Show the version and exit."},
    {FlagKind::text, "config.file", "", "Configuration file (YAML); none is needed."},
    {FlagKind::boolean, "config.check", "false", "Check flags and configuration, say what is wrong, and exit."},
    {FlagKind::text, "web.config.file", "", "TLS and users, in the web-config.yml format of the Prometheus exporters."},
    {FlagKind::text, "web.telemetry-path", "/metrics", "Path of the metrics."},
    {FlagKind::integer, "web.max-requests", "40", "Most requests for metrics in flight, 0 for no limit."},
    {FlagKind::boolean, "web.systemd-socket", "false", "Serve on the sockets that systemd opened, instead of web.listen-address."},
    {FlagKind::duration, "scrape.timeout", "10s", "Longest time for one page; a scraper's own shorter timeout wins."},
    {FlagKind::text, "log.level", "info", "Least severe lines to log: debug, info, warn or error."},
    {FlagKind::text, "log.format", "logfmt", "How log lines look: logfmt or json."},
    {FlagKind::boolean, "once", "false", "Write one page to standard output and exit."},
    {.kind = FlagKind::text, .name = "catalogue", .default_value = "", .help = "Write the catalogue of all metrics as json or markdown and exit.", .bare_value = "json"},
    {FlagKind::text, "catalogue.pages", "", "Bring the metric tables of the pages in this folder up to date and exit."},
    {FlagKind::boolean, "collector.disable-defaults", "false", "Start with every collector off."},
};

constexpr FlagSpec kTreeFlags[] = {
    {FlagKind::text, "path.procfs", "/proc", "Where procfs is mounted."},
    {FlagKind::text, "path.sysfs", "/sys", "Where sysfs is mounted."},
    {FlagKind::text, "path.rootfs", "/", "Where the host's root file system is mounted."},
    {FlagKind::text, "path.udev.data", "/run/udev/data", "Where udev keeps its data."},
};

int complain(const Program& program, const Error& error, int status) {
  std::fprintf(stderr, "%s: %s\n", program.name.c_str(), error.message.c_str());
  return status;
}

std::string version_text(const Program& program) {
  return program.name + ", version " + kVersion + " (revision " + kRevision + ")\n  compiler: " + kCompiler + "\n";
}

// Every flag of a program, with the text that the specs point to.
class FlagTable {
 public:
  explicit FlagTable(const Program& program) {
    specs_.assign(std::begin(kCommonFlags), std::end(kCommonFlags));
    specs_.push_back({FlagKind::list, "web.listen-address", keep(program.listen_address),
                      "Address to serve on; may be given again. :PORT is every address, unix:/PATH a socket file."});
    if (program.reads_host_trees) specs_.insert(specs_.end(), std::begin(kTreeFlags), std::end(kTreeFlags));
    for (const CollectorInfo* info : program.collectors) {
      specs_.push_back({FlagKind::boolean, keep("collector." + std::string(info->name)),
                        info->by_default == ByDefault::on ? "true" : "false", info->summary});
      specs_.insert(specs_.end(), info->flags.begin(), info->flags.end());
    }
  }
  const std::vector<FlagSpec>& specs() const { return specs_; }

 private:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::deque<std::string> texts_;
  std::vector<FlagSpec> specs_;
};

/// A configuration that is good as a whole: the collectors that it asks for.
class Configuration {
 public:
  static Result<std::vector<RunnerEntry>> load(const Program& program, const Flags& flags, const Env& env) {
    Tree file;
    file.kind = Tree::Kind::map;
    const std::string path(flags.text("config.file"));
    if (!path.empty()) {
      Result<Tree> tree = load_yaml(path);
      if (!tree && tree.error().code == Errc::no_data)
        return {Errc::config, path + ": no such file; give its path with --config.file, or leave the flag out"};
      if (!tree) return tree.error();
      file = std::move(*tree);
    }
    MapReader top(file, "");
    const Tree* sections = top.map("collectors");
    if (Status status = top.finish(); !status) return status.error();
    if (sections != nullptr)
      if (Status status = check_names(program, *sections); !status) return status.error();
    std::vector<RunnerEntry> entries;
    for (const CollectorInfo* info : program.collectors) {
      const Tree* section = sections == nullptr ? nullptr : sections->find(info->name);
      auto settings = CollectorSettings::make(*info, flags, section);
      if (!settings) return settings.error();
      if (!(*settings)->enabled()) continue;
      MadeCollector made = info->make(env, **settings);
      if (!made) return Error{Errc::config, "collector " + std::string(info->name) + ": " + made.error().message};
      entries.push_back({info, std::move(*made), false});
    }
    return entries;
  }

 private:
  static Status check_names(const Program& program, const Tree& sections) {
    MapReader reader(sections, "collectors");
    for (const CollectorInfo* info : program.collectors) reader.child(info->name);
    return reader.finish();
  }
};

class App {
 public:
  App(const Program& program, const Flags& flags, const Env& env)
      : program_(program),
        flags_(flags),
        env_(env),
        own_({.program = program.name, .compatible_build_info = program.compatible_build_info}, env_),
        runner_({.name_prefix = program.meta_prefix, .timeout = flags.duration("scrape.timeout")}, env_) {}

  Status configure() {
    const std::lock_guard lock(reload_);
    Result<std::vector<RunnerEntry>> entries = Configuration::load(program_, flags_, env_);
    own_.reloaded(static_cast<bool>(entries));
    if (!entries) return entries.error();
    entries->push_back({&OwnMetrics::info(), own_.make_collector(), true});
    runner_.replace(std::move(*entries));
    return ok();
  }

  Status reload() {
    service_.notify_reloading();
    const Status status = configure();
    if (status)
      env_.log->info("configuration read again");
    else
      env_.log->error("configuration not taken over; the old one stays in force", {{"error", status.error().message}});
    service_.notify("READY=1");
    forget_the_start();
    return status;
  }

  std::string page() { return runner_.scrape_now(); }

  Status serve() {
    WebOptions options;
    const auto addresses = flags_.list("web.listen-address");
    options.listen_addresses.assign(addresses.begin(), addresses.end());
    options.systemd_socket = flags_.boolean("web.systemd-socket");
    options.config_file = flags_.text("web.config.file");
    options.telemetry_path = flags_.text("web.telemetry-path");
    options.max_requests = static_cast<int>(flags_.integer("web.max-requests"));
    options.program = program_.name;
    options.version = kVersion;
    options.description = program_.summary;
    options.description_zh = program_.summary_zh;
    WebHooks hooks{.reload = [this] { return reload(); }, .ready = [] { return true; }, .answered = [this](int code) { own_.answered(code); }};
    auto web = WebServer::start(std::move(options), std::move(hooks), runner_, env_);
    if (!web) return web.error();
    web_ = std::move(*web);
    for (const std::string& address : web_->addresses())
      env_.log->info("listening", {{"address", address}, {"version", kVersion}});
    service_.notify("READY=1");
    forget_the_start();
    return ok();
  }

  /// Until a signal says stop.
  void wait(const sigset_t& signals) {
    while (true) {
      switch (next_signal(signals)) {
        case SIGHUP: (void)reload(); break;
        case SIGTERM:
        case SIGINT: return stop();
        default: break;
      }
    }
  }

 private:
  int next_signal(const sigset_t& signals) {
    const auto interval = service_.watchdog_interval();
    if (interval.count() == 0) return ::sigwaitinfo(&signals, nullptr);
    const timespec timeout{.tv_sec = interval.count() / 1'000'000, .tv_nsec = interval.count() % 1'000'000 * 1000};
    const int signal = ::sigtimedwait(&signals, nullptr, &timeout);
    (void)runner_.stuck_threads();  // takes the runner's lock: a runner that is deadlocked lets the watchdog bite
    service_.notify("WATCHDOG=1");
    return signal;
  }

  void stop() {
    service_.notify("STOPPING=1");
    env_.log->info("stopping");
    web_.reset();
  }

  const Program& program_;
  const Flags& flags_;
  const Env& env_;
  Service service_;
  std::mutex reload_;
  OwnMetrics own_;
  Runner runner_;
  std::unique_ptr<WebServer> web_;
};

Result<std::unique_ptr<Log>> open_log(const Flags& flags) {
  const auto level = log_level(flags.text("log.level"));
  if (!level) return {Errc::config, "--log.level: expected debug, info, warn or error, found \"" + std::string(flags.text("log.level")) + "\""};
  const std::string_view format = flags.text("log.format");
  if (format != "logfmt" && format != "json")
    return {Errc::config, "--log.format: expected logfmt or json, found \"" + std::string(format) + "\""};
  return make_log(format == "json" ? LogFormat::json : LogFormat::logfmt, *level, STDERR_FILENO, system_clock());
}

Env make_env(const Program& program, const Flags& flags, Log& log) {
  Env env;
  env.log = &log;
  if (!program.reads_host_trees) return env;
  env.procfs = flags.text("path.procfs");
  env.sysfs = flags.text("path.sysfs");
  env.rootfs = flags.text("path.rootfs");
  env.udev_data = flags.text("path.udev.data");
  return env;
}

// Answers that need no configuration; -1 when none was asked for.
int answer_at_once(const Program& program, const Flags& flags) {
  const CatalogueSource source{program.name, program.meta_prefix, program.compatible_build_info, program.collectors};
  if (flags.boolean("help")) {
    std::printf("%s: %s\n\nusage: %s [flags]\n\n%s", program.name.c_str(), program.summary.c_str(), program.name.c_str(), flags.help().c_str());
    return 0;
  }
  if (flags.boolean("version")) {
    std::fputs(version_text(program).c_str(), stdout);
    return 0;
  }
  if (const std::string_view kind = flags.text("catalogue"); !kind.empty()) {
    if (kind != "json" && kind != "markdown")
      return complain(program, {Errc::config, "--catalogue: expected json or markdown, found \"" + std::string(kind) + "\""}, kWrongCommandLine);
    std::fputs((kind == "json" ? catalogue_json(source) : catalogue_markdown(source)).c_str(), stdout);
    return 0;
  }
  if (const std::string_view folder = flags.text("catalogue.pages"); !folder.empty()) {
    const Result<int> changed = update_pages(source, std::string(folder));
    if (!changed) return complain(program, changed.error(), kCouldNotStart);
    std::printf("%d pages changed\n", *changed);
    return 0;
  }
  return -1;
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) {
  limit_heap();
  ::signal(SIGPIPE, SIG_IGN);

  const FlagTable table(program);
  Flags flags(table.specs());
  const std::vector<const char*> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (Status status = flags.parse(words); !status) return complain(program, status.error(), kWrongCommandLine);
  if (const int answer = answer_at_once(program, flags); answer >= 0) return answer;
  Result<std::unique_ptr<Log>> log = open_log(flags);
  if (!log) return complain(program, log.error(), kWrongCommandLine);
  const Env env = make_env(program, flags, **log);

  // Blocked here, so that every thread made from now on leaves them to wait().
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  App app(program, flags, env);
  if (Status status = app.configure(); !status) return complain(program, status.error(), kCouldNotStart);
  if (flags.boolean("config.check")) {
    std::puts("the configuration is good");
    return 0;
  }
  if (flags.boolean("once")) {
    std::fputs(app.page().c_str(), stdout);
    return 0;
  }
  if (Status status = app.serve(); !status) return complain(program, status.error(), kCouldNotStart);
  app.wait(signals);
  std::fflush(nullptr);
  // A thread may still hang in a dead mount: what it holds must not keep the program from ending.
  ::_exit(0);
}

}  // namespace finwatch
