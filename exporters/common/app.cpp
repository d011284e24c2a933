#include "app.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <mutex>
#include <vector>

#include "catalogue.h"
#include "configuration.h"
#include "footprint.h"
#include "program_flags.h"
#include "run/own_metrics.h"
#include "run/runner.h"
#include "service.h"
#include "version.h"
#include "web/guard.h"
#include "web/server.h"

namespace finwatch {
namespace {

constexpr int kCouldNotStart = 1;
constexpr int kWrongCommandLine = 2;

int complain(const Program& program, const Error& error, int status) {
  std::fprintf(stderr, "%s: %s\n", program.name.c_str(), error.message.c_str());
  return status;
}

std::string version_text(const Program& program) {
  return program.name + ", version " + kVersion + " (revision " + kRevision + ")\n  compiler: " + kCompiler + "\n";
}

// A shell gives 1,024, for the sake of programs that call select(). Scrapers, targets and flows take one each.
void allow_many_files() {
  constexpr rlim_t kEnough = 65'536;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= kEnough) return;
  files.rlim_cur = std::min(files.rlim_max, kEnough);
  ::setrlimit(RLIMIT_NOFILE, &files);
}

class App {
 public:
  App(const Program& program, const Flags& flags, const Env& env)
      : program_(program),
        flags_(flags),
        env_(env),
        own_({.program = program.name,
              .compatible_build_info = std::string(program.peer.build_info),
              .scope = flags.boolean("web.disable-exporter-metrics") ? OwnMetrics::Scope::configuration
                                                                     : OwnMetrics::Scope::everything},
             env_),
        runner_({.name_prefix = program.meta_prefix, .timeout = flags.duration("scrape.timeout")}, env_) {}

  Status configure() {
    const std::lock_guard lock(reload_);
    Result<std::vector<RunnerEntry>> entries = load_configuration(program_, flags_, env_);
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
    if (program_.begin)
      if (Status status = program_.begin(); !status) return status;
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
    WebHooks hooks{.reload = [this] { return reload(); },
                   .ready = [] { return true; },
                   .answered = [this](int code) { own_.answered(code); },
                   .routes = program_.routes};
    if (program_.routes_begun)
      for (Route& route : program_.routes_begun()) hooks.routes.push_back(std::move(route));
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
    if (program_.stop) program_.stop();
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

std::unique_ptr<Log> open_log(const Flags& flags) {
  const LogFormat format = flags.text("log.format") == "json" ? LogFormat::json : LogFormat::logfmt;
  return make_log(format, log_level(flags.text("log.level")).value_or(LogLevel::info), STDERR_FILENO, system_clock());
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

Status check_web_config(const Flags& flags, const Env& env) {
  const std::string path(flags.text("web.config.file"));
  if (path.empty()) return ok();
  const auto guard = Guard::open(path, env);
  return guard ? ok() : Status(guard.error());
}

// Started with a closed standard error, the next file opened would get its number, and the log would be written into it.
void occupy_standard_descriptors() {
  int number = 0;
  do number = ::open("/dev/null", O_RDWR);
  while (number >= 0 && number <= STDERR_FILENO);
  if (number > STDERR_FILENO) ::close(number);
}

// Answers that need no configuration; -1 when none was asked for.
int answer_at_once(const Program& program, const Flags& flags) {
  std::vector<const CollectorInfo*> all(program.collectors.begin(), program.collectors.end());
  all.insert(all.end(), program.always.begin(), program.always.end());
  const CatalogueSource source{program.name, program.meta_prefix, program.peer.build_info, all};
  if (flags.boolean("help") || flags.boolean("help-long") || flags.boolean("help-man")) {
    std::printf("%s: %s\n\nusage: %s [flags]\n\n%s", program.name.c_str(), program.summary.c_str(), program.name.c_str(),
                flags.help().c_str());
    return 0;
  }
  if (flags.boolean("version")) {
    std::fputs(version_text(program).c_str(), stdout);
    return 0;
  }
  if (const std::string_view kind = flags.text("catalogue"); !kind.empty()) {
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
  allow_many_files();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of write(), as a full disk is
  occupy_standard_descriptors();

  ProgramFlags flags(program);
  const std::vector<const char*> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (Status status = flags.parse(words); !status) return complain(program, status.error(), kWrongCommandLine);
  if (const int answer = answer_at_once(program, flags.get()); answer >= 0) return answer;
  if (program.answer_first)
    if (const std::optional<int> status = program.answer_first(flags.get())) return *status;
  const std::unique_ptr<Log> log = open_log(flags.get());
  const Env env = make_env(program, flags.get(), *log);

  // Blocked here, so that every thread made from now on leaves them to wait().
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  App app(program, flags.get(), env);
  if (Status status = app.configure(); !status) return complain(program, status.error(), kCouldNotStart);
  if (flags->boolean("config.check")) {
    if (Status status = check_web_config(flags.get(), env); !status) return complain(program, status.error(), kCouldNotStart);
    std::puts("the configuration is good");
    return 0;
  }
  if (program.answer)
    if (const std::optional<int> status = program.answer(flags.get())) {
      std::fflush(nullptr);
      ::_exit(*status);
    }
  if (flags->boolean("once")) {
    std::fputs(app.page().c_str(), stdout);
    // Not by return: a thread that waits for a server must not meet statics that are gone.
    ::_exit(std::fflush(stdout) == 0 ? 0 : kCouldNotStart);
  }
  if (Status status = app.serve(); !status) return complain(program, status.error(), kCouldNotStart);
  app.wait(signals);
  std::fflush(nullptr);
  // A thread may still hang in a dead mount: what it holds must not keep the program from ending.
  ::_exit(0);
}

}  // namespace finwatch
