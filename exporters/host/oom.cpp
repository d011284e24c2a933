#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <optional>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/cgroup_tree.h"
#include "host/sources/small_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kKills{MetricType::counter, "finwatch_oom_kills_total",
                            "Processes killed for lack of memory below a control group of the first level, from memory.events.",
                            "scope"};
constexpr MetricDesc kByCommand{MetricType::counter, "finwatch_oom_kills_by_command_total",
                                "Processes killed for lack of memory since the exporter began, by command, from /dev/kmsg.",
                                "command"};
constexpr MetricDesc kLast{MetricType::gauge, "finwatch_oom_last_kill_timestamp_seconds",
                           "When a process was last killed for lack of memory, in seconds since 1970, from /dev/kmsg."};
constexpr MetricRef kMetrics[] = {kKills, kByCommand, kLast};

constexpr std::size_t kMostScopes = 32;
constexpr std::chrono::minutes kSearchAgain{1};  // on a machine that has no groups of version 2
constexpr std::size_t kMostCommands = 20;
constexpr std::string_view kOther = "other";
constexpr int kMostRecords = 8192;            // a scrape: a first look at a full ring is spread over several
constexpr std::size_t kLongestRecord = 8192;  // the kernel refuses to hand out a part of one

struct Kill {
  std::string_view command;
  std::optional<double> uptime_seconds;
};

// "3,1042,5140900123,-;Out of memory: Killed process 811 (java) total-vm:…": priority and facility, number, microseconds.
std::optional<Kill> parse_record(std::string_view line) {
  constexpr std::string_view kWords = "Killed process ";
  const std::size_t semicolon = line.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  FieldReader head(line.substr(0, semicolon), ',');
  const auto priority = head.next_number<std::uint32_t>();
  const auto microseconds = head.skip(1).next_number<std::uint64_t>();
  if (!priority || *priority >= 8) return std::nullopt;  // the kernel is facility 0; anybody may write as another one
  std::string_view text = line.substr(semicolon + 1);
  const std::size_t words = text.find(kWords);
  if (words == std::string_view::npos) return std::nullopt;
  text.remove_prefix(words + kWords.size());
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || !to_number<int>(trim(text.substr(0, open)))) return std::nullopt;
  text.remove_prefix(open + 1);
  // A command may hold a parenthesis itself, so the end is where the kernel goes on.
  std::size_t close = text.find(") total-vm");
  if (close == std::string_view::npos) close = text.find("), ");
  if (close == std::string_view::npos) close = text.rfind(')');
  if (close == std::string_view::npos) return std::nullopt;
  Kill kill{text.substr(0, close), std::nullopt};
  if (microseconds) kill.uptime_seconds = static_cast<double>(*microseconds) / 1e6;
  return kill;
}

class Oom final : public Collector {
 public:
  explicit Oom(const Env& env) : env_(env), kmsg_path_(env.root("dev/kmsg")) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const bool has_groups = write_groups(sink);
    const Status read = read_kernel_log(scrape);
    if (read) {
      auto commands = sink.family(kByCommand);
      for (const Command& command : commands_) commands.add(command.kills, command.name);
      if (last_kill_) sink.add(kLast, *last_kill_);
    }
    if (!read && !has_groups) return {Errc::no_data, read.error().message + ", and no control groups of version 2"};
    return ok();
  }

 private:
  struct Scope {
    std::string name;
    std::string path;
    SmallFile file;
  };
  struct Command {
    std::string name;
    std::uint64_t kills = 0;
  };

  // The groups of the first level stay as long as the machine runs; looked for again when one of them does not answer.
  bool write_groups(MetricSink& sink) {
    if (const SteadyTime now = env_.clock->steady(); scopes_.empty() && now >= next_search_) {
      next_search_ = now + kSearchAgain;
      find_scopes();
    }
    bool all = true;
    auto kills = sink.family(kKills);
    for (Scope& scope : scopes_) {
      if (scope.file.read(scope.path.c_str(), KeepOpen::yes, text_) != 0) {
        all = false;
        continue;
      }
      LineReader lines(text_.view());
      while (const auto line = lines.next()) {
        FieldReader fields(*line);
        if (fields.next() != "oom_kill") continue;
        if (const auto number = fields.next_number<std::uint64_t>()) kills.add(*number, scope.name);
        break;
      }
    }
    const bool any = !scopes_.empty();
    if (!all) {
      scopes_.clear();
      next_search_ = {};
    }
    return any;
  }

  void find_scopes() {
    const std::string root = cgroup_root(env_);
    if (root.empty()) return;
    const auto names = list_folder(root);
    if (!names) return;
    for (const std::string& name : *names) {
      if (scopes_.size() == kMostScopes) return;
      if (!is_unit_name(name)) continue;
      std::string path = root + "/" + name + "/memory.events";
      if (::access(path.c_str(), R_OK) == 0) scopes_.push_back({name, std::move(path), {}});
    }
  }

  // One record a read, and EAGAIN at the end of the ring. What is in it at first happened before us: it tells the time of
  // the last kill and is not counted.
  Status read_kernel_log(const Scrape& scrape) {
    if (!kmsg_) kmsg_.reset(::open(kmsg_path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!kmsg_) return error_from_errno(errno, kmsg_path_);
    for (int record = 0; record < kMostRecords; ++record) {
      if ((record & 0xFF) == 0xFF && std::chrono::steady_clock::now() >= scrape.deadline) return ok();
      record_.clear();
      const ssize_t length = ::read(kmsg_.get(), record_.room(kLongestRecord), kLongestRecord);
      if (length < 0 && (errno == EINTR || errno == EPIPE)) continue;  // EPIPE: the ring overtook us; go on with what is left
      if (length < 0 && errno != EAGAIN) {
        const Error error = error_from_errno(errno, kmsg_path_);
        kmsg_.reset();
        return error;
      }
      if (length <= 0) {
        history_ = false;
        return ok();
      }
      record_.commit(static_cast<std::size_t>(length));
      LineReader lines(record_.view());
      while (const auto line = lines.next())
        if (const auto kill = parse_record(*line)) note(*kill);
    }
    return ok();
  }

  void note(const Kill& kill) {
    const double now = to_seconds(env_.clock->wall());
    const double uptime = std::chrono::duration<double>(env_.clock->steady().time_since_epoch()).count();
    const double ago = kill.uptime_seconds ? std::max(0.0, uptime - *kill.uptime_seconds) : 0.0;
    last_kill_ = std::round((now - ago) * 1000) / 1000;
    if (history_) return;
    const auto named = [this](std::string_view name) {
      return std::find_if(commands_.begin(), commands_.end(), [&](const Command& command) { return command.name == name; });
    };
    const std::string command = valid_utf8(kill.command);
    auto place = named(command);
    if (place == commands_.end() && commands_.size() + 1 >= kMostCommands) place = named(kOther);
    if (place == commands_.end()) {
      commands_.push_back({commands_.size() + 1 >= kMostCommands ? std::string(kOther) : command, 0});
      place = commands_.end() - 1;
    }
    ++place->kills;
  }

  const Env env_;
  const std::string kmsg_path_;
  Descriptor kmsg_;
  bool history_ = true;
  std::optional<double> last_kill_;
  std::vector<Command> commands_;
  std::vector<Scope> scopes_;
  SteadyTime next_search_{};
  Buffer text_;
  Buffer record_;
};

}  // namespace

extern const CollectorInfo oom_collector{
    .name = "oom",
    .summary = "Processes killed for lack of memory: where, when and which, from control groups and /dev/kmsg.",
    .metrics = kMetrics,
    .make = make_collector<Oom>,
};

}  // namespace finwatch::host
