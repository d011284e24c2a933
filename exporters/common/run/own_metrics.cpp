#include "run/own_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <mutex>

#include "core/files.h"
#include "core/text.h"
#include "version.h"

namespace finwatch {
namespace {

constexpr MetricDesc kBuild{
    MetricType::info, "finwatch_build_info", "The program, its version and how it was built.", "program", "version", "revision",
    "compiler"};
constexpr MetricDesc kCompatibleBuild{MetricType::info, "*_exporter_build_info",
                                      "Version under the name that dashboards of another exporter ask for.", "version",
                                      "revision"};
constexpr MetricDesc kRequests{MetricType::counter, "finwatch_http_requests_total", "HTTP requests answered, by status code.",
                               "code"};
constexpr MetricDesc kReloadOk{
    MetricType::gauge, "finwatch_config_last_reload_successful",
    "Whether the last attempt to read the configuration succeeded; if not, the old one is in force."};
constexpr MetricDesc kReloadTime{MetricType::gauge, "finwatch_config_last_reload_success_timestamp_seconds",
                                 "When the configuration in force was read, in seconds since 1970."};
constexpr MetricDesc kCpu{MetricType::counter, "process_cpu_seconds_total",
                          "Processor time of this program, user and system, in seconds, from /proc/self/stat."};
constexpr MetricDesc kOpenFiles{MetricType::gauge, "process_open_fds",
                                "Open file descriptors of this program, from /proc/self/fd."};
constexpr MetricDesc kMostFiles{MetricType::gauge, "process_max_fds",
                                "Most file descriptors this program may open, from getrlimit."};
constexpr MetricDesc kVirtual{MetricType::gauge, "process_virtual_memory_bytes",
                              "Address space of this program in bytes, from /proc/self/stat."};
constexpr MetricDesc kMostVirtual{MetricType::gauge, "process_virtual_memory_max_bytes",
                                  "Most address space this program may have in bytes, -1 for no limit, from getrlimit."};
constexpr MetricDesc kResident{MetricType::gauge, "process_resident_memory_bytes",
                               "Memory of this program that is in RAM, in bytes, from /proc/self/stat."};
constexpr MetricDesc kStart{MetricType::gauge, "process_start_time_seconds",
                            "When this program was started, in seconds since 1970, from /proc/self/stat and /proc/stat."};
constexpr MetricDesc kThreads{MetricType::gauge, "process_threads", "Threads of this program, from /proc/self/stat."};
constexpr MetricRef kMetrics[] = {kBuild,     kCompatibleBuild, kRequests,    kReloadOk, kReloadTime, kCpu,    kOpenFiles,
                                  kMostFiles, kVirtual,         kMostVirtual, kResident, kStart,      kThreads};

// Any other code a route answers with is counted as the hundred it belongs to: the label stays bounded.
constexpr std::array<int, 18> kCodes = {100, 200, 202, 204, 300, 400, 401, 403, 404,
                                        405, 408, 413, 414, 429, 431, 500, 503, 504};

double limit(__rlimit_resource_t resource) {
  rlimit both{};
  if (::getrlimit(resource, &both) != 0 || both.rlim_cur == RLIM_INFINITY) return -1;
  return static_cast<double>(both.rlim_cur);
}

// When the machine was booted, in seconds since 1970: the `btime` line of /proc/stat.
double boot_time() {
  const Result<std::string> text = read_file("/proc/stat");
  if (!text) return 0;
  for (LineReader lines(*text); const auto line = lines.next();)
    if (line->starts_with("btime ")) return to_number<double>(trim(line->substr(6))).value_or(0);
  return 0;
}

// Newer kernels give the number of descriptors as the size of the folder; older ones give 0, and it is counted.
long open_descriptors(int folder) {
  struct stat status {};
  if (::fstat(folder, &status) == 0 && status.st_size > 0) return static_cast<long>(status.st_size);
  struct Entry {
    ino64_t inode;
    off64_t offset;
    unsigned short length;
    unsigned char type;
    char name[1];
  };
  alignas(Entry) char piece[4096];
  long count = -2;  // "." and ".."
  ::lseek(folder, 0, SEEK_SET);
  for (long length = 0; (length = ::syscall(SYS_getdents64, folder, piece, sizeof piece)) > 0;)
    for (long at = 0; at < length; ++count) at += reinterpret_cast<const Entry*>(piece + at)->length;
  return count;
}

}  // namespace

struct OwnMetrics::Body {
  explicit Body(Names n, const Env& env)
      : names(std::move(n)),
        clock(*env.clock),
        requests(
            prometheus::BuildCounter().Name(std::string(kRequests.name)).Help(std::string(kRequests.help)).Register(registry)),
        reload_ok(prometheus::BuildGauge()
                      .Name(std::string(kReloadOk.name))
                      .Help(std::string(kReloadOk.help))
                      .Register(registry)
                      .Add({})),
        reload_time(prometheus::BuildGauge()
                        .Name(std::string(kReloadTime.name))
                        .Help(std::string(kReloadTime.help))
                        .Register(registry)
                        .Add({})) {
    for (std::size_t i = 0; i < kCodes.size(); ++i) by_code[i] = &requests.Add({{"code", std::to_string(kCodes[i])}});
  }

  const Names names;
  const Clock& clock;
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Gauge& reload_ok;
  prometheus::Gauge& reload_time;
  std::array<prometheus::Counter*, kCodes.size()> by_code{};
};

class OwnMetrics::Writer final : public Collector {
 public:
  explicit Writer(const Body& body)
      : body_(body), folder_(::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), booted_(boot_time()) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    sink.family(kBuild).add(true, body_.names.program, kVersion, kRevision, kCompiler);
    if (!body_.names.compatible_build_info.empty())
      sink.family(kCompatibleBuild, body_.names.compatible_build_info).add(true, kVersion, kRevision);
    sink.add(kReloadOk, body_.reload_ok.Value());
    if (const double when = body_.reload_time.Value(); when > 0) sink.add(kReloadTime, when);
    if (body_.names.scope == Scope::configuration) return ok();
    write_process(sink);
    auto requests = sink.family(kRequests);
    for (std::size_t i = 0; i < kCodes.size(); ++i)
      if (const double count = body_.by_code[i]->Value(); count > 0 || kCodes[i] == 200) requests.add(count, code_names_[i]);
    return ok();
  }

 private:
  void write_process(MetricSink& sink) {
    if (folder_) sink.add(kOpenFiles, open_descriptors(folder_.get()));
    sink.add(kMostFiles, most_files_);
    sink.add(kMostVirtual, most_virtual_);
    const Result<std::string_view> text = stat_.read();
    const std::size_t name_end = text ? text->rfind(')') : std::string_view::npos;
    if (name_end == std::string_view::npos) return;
    FieldReader fields(text->substr(name_end + 1));
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    fields.skip(11);  // state … cmajflt
    const auto user = fields.next_number<std::uint64_t>();
    const auto system = fields.next_number<std::uint64_t>();
    fields.skip(4);  // cutime, cstime, priority, nice
    const auto threads = fields.next_number<std::uint64_t>();
    fields.skip(1);  // itrealvalue
    const auto started = fields.next_number<std::uint64_t>();
    const auto space = fields.next_number<std::uint64_t>();
    const auto resident = fields.next_number<std::uint64_t>();
    if (!resident) return;
    sink.add(kCpu, static_cast<double>(*user + *system) / ticks);
    sink.add(kThreads, *threads);
    if (booted_ > 0) sink.add(kStart, booted_ + static_cast<double>(*started) / ticks);
    sink.add(kVirtual, *space);
    sink.add(kResident, *resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  }

  const Body& body_;
  const Descriptor folder_;
  KeptFile stat_{"/proc/self/stat"};
  const double booted_;
  const double most_files_ = limit(RLIMIT_NOFILE);
  const double most_virtual_ = limit(RLIMIT_AS);
  const std::array<std::string, kCodes.size()> code_names_ = [] {
    std::array<std::string, kCodes.size()> names;
    for (std::size_t i = 0; i < kCodes.size(); ++i) names[i] = std::to_string(kCodes[i]);
    return names;
  }();
};

OwnMetrics::OwnMetrics(Names names, const Env& env) : body_(std::make_unique<Body>(std::move(names), env)) {}
OwnMetrics::~OwnMetrics() = default;

void OwnMetrics::answered(int http_code) {
  for (const int code : {http_code, http_code / 100 * 100})
    for (std::size_t i = 0; i < kCodes.size(); ++i)
      if (kCodes[i] == code) return body_->by_code[i]->Increment();
}

void OwnMetrics::reloaded(bool successful) {
  body_->reload_ok.Set(successful ? 1 : 0);
  if (successful) body_->reload_time.Set(to_seconds(body_->clock.wall()));
}

std::unique_ptr<Collector> OwnMetrics::make_collector() { return std::make_unique<Writer>(*body_); }

const CollectorInfo& OwnMetrics::info() {
  static const CollectorInfo info{
      .name = "finwatch", .summary = "The program itself: build, process, requests, configuration.", .metrics = kMetrics};
  return info;
}

}  // namespace finwatch
