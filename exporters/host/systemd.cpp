#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "conf/pattern.h"
#include "core/text.h"
#include "host/sources/attribute.h"
#include "host/sources/systemd_bus.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kVersion{MetricType::gauge, "node_systemd_version",
                              "Version of systemd as a number, from the manager's Version.", "version"};
constexpr MetricDesc kVirtualization{
    MetricType::info, "node_systemd_virtualization_info",
    "What systemd believes to run in, none for a bare machine, from the manager's Virtualization.", "virtualization_type"};
constexpr MetricDesc kUnits{MetricType::gauge, "node_systemd_units",
                            "All units that systemd has in memory, by state, from ListUnits.", "state"};
constexpr MetricDesc kState{
    MetricType::gauge,
    "node_systemd_unit_state",
    "Whether the unit is in the state (1) or not (0), from ListUnits; the type is that of a service or mount.",
    "name",
    "state",
    "type"};
constexpr MetricDesc kRunning{
    MetricType::gauge, "node_systemd_system_running",
    "Whether the system is up with no failed unit, as systemctl is-system-running says, from the manager's SystemState."};
constexpr MetricDesc kRestarts{MetricType::counter, "node_systemd_service_restart_total",
                               "How often systemd restarted the service by itself, from NRestarts.", "name"};
constexpr MetricDesc kStart{MetricType::gauge, "node_systemd_unit_start_time_seconds",
                            "When the unit became active, in seconds since 1970, 0 while it is not, from ActiveEnterTimestamp.",
                            "name"};
constexpr MetricDesc kTasks{MetricType::gauge, "node_systemd_unit_tasks_current",
                            "Processes and threads of the service, from TasksCurrent.", "name"};
constexpr MetricDesc kTasksMax{MetricType::gauge, "node_systemd_unit_tasks_max",
                               "Most processes and threads the service may have, from TasksMax; no sample without a limit.",
                               "name"};
constexpr MetricDesc kTriggered{MetricType::gauge, "node_systemd_timer_last_trigger_seconds",
                                "When the timer last went off, in seconds since 1970, 0 for never, from LastTriggerUSec.",
                                "name"};
constexpr MetricDesc kAccepted{MetricType::counter, "node_systemd_socket_accepted_connections_total",
                               "Connections that the socket unit accepted, from NAccepted.", "name"};
constexpr MetricDesc kConnections{MetricType::gauge, "node_systemd_socket_current_connections",
                                  "Connections of the socket unit that are open, from NConnections.", "name"};
// A gauge by the will of node_exporter, whose types are kept.
constexpr MetricDesc kRefused{MetricType::gauge, "node_systemd_socket_refused_connections_total",
                              "Connections that the socket unit refused, from NRefused.", "name"};
constexpr MetricRef kMetrics[] = {kVersion, kVirtualization, kUnits,     kState,    kRunning,     kRestarts, kStart,
                                  kTasks,   kTasksMax,       kTriggered, kAccepted, kConnections, kRefused};

constexpr std::string_view kInclude = "collector.systemd.unit-include";
constexpr std::string_view kExclude = "collector.systemd.unit-exclude";
constexpr std::string_view kPrivate = "collector.systemd.private";
constexpr std::string_view kWithTasks = "collector.systemd.enable-task-metrics";
constexpr std::string_view kWithRestarts = "collector.systemd.enable-restarts-metrics";
constexpr std::string_view kWithStart = "collector.systemd.enable-start-time-metrics";
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, kInclude, ".+", "Units to show, as a regular expression for the whole name."},
    {FlagKind::regexp, kExclude, ".+\\.(automount|device|mount|scope|slice)",
     "Units to leave out of those, as a regular expression for the whole name."},
    {FlagKind::boolean, kWithTasks, "false", "Show tasks of services and their limits."},
    {FlagKind::boolean, kWithRestarts, "false", "Show how often services were restarted."},
    {FlagKind::boolean, kWithStart, "false", "Show when units became active."},
    {.kind = FlagKind::boolean,
     .name = kPrivate,
     .default_value = "false",
     .help = "Ask systemd at its own socket instead of the system bus; this needs root.",
     .hidden = true},
};

constexpr std::string_view kStates[] = {"active", "activating", "deactivating", "inactive", "failed"};
constexpr std::size_t kMostStates = 16;  // systemd has eight, and may get more
constexpr std::size_t kMostUnits = 4096;
constexpr std::uint64_t kNoLimit = UINT64_MAX;
// The type of a unit changes only when its file is read anew, and asking for it is half of all questions.
constexpr std::chrono::seconds kTypeTrust{60};

struct Unit {
  std::string name;
  std::string path;
  std::string state;
  std::optional<std::string> type = {};
  std::optional<SteadyTime> type_asked = {};
  std::optional<std::uint64_t> restarts = {};
  std::optional<std::uint64_t> start = {};
  std::optional<std::uint64_t> tasks = {};
  std::optional<std::uint64_t> tasks_max = {};
  std::optional<std::uint64_t> triggered = {};
  std::optional<std::uint64_t> accepted = {};
  std::optional<std::uint64_t> connections = {};
  std::optional<std::uint64_t> refused = {};
};

struct StateCount {
  std::string state;
  std::uint64_t units = 0;
};

/// The first number of three digits and more, with what may stand behind a point: 252.39 of "252.39-1~deb12u1".
std::optional<double> version_number(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  while (true) {
    const std::size_t begin = text.find_first_of(kDigits);
    if (begin == std::string_view::npos) return std::nullopt;
    text.remove_prefix(begin);
    std::size_t end = std::min(text.find_first_not_of(kDigits), text.size());
    if (end >= 3) {
      const std::size_t more = end < text.size() && text[end] == '.' ? text.find_first_not_of(kDigits, end + 1) : end;
      if (more != end + 1) end = std::min(more, text.size());
      return to_number<double>(text.substr(0, end));
    }
    text.remove_prefix(end);
  }
}

class Systemd final : public Collector {
 public:
  Systemd(const Env& env, const Settings& settings, NameFilter include, NameFilter exclude)
      : bus_(env, settings.boolean(kPrivate) ? SystemdBus::Door::private_socket : SystemdBus::Door::system_bus),
        clock_(*env.clock),
        include_(std::move(include)),
        exclude_(std::move(exclude)),
        with_tasks_(settings.boolean(kWithTasks)),
        with_restarts_(settings.boolean(kWithRestarts)),
        with_start_(settings.boolean(kWithStart)) {}

  static MadeCollector make(const Env& env, const Settings& settings) {
    const auto whole = [&](std::string_view flag) { return "^(?:" + std::string(settings.text(flag)) + ")$"; };
    Result<NameFilter> include = NameFilter::make(whole(kInclude), {});
    if (!include) return include.error();
    Result<NameFilter> exclude = NameFilter::make({}, whole(kExclude));
    if (!exclude) return exclude.error();
    return std::unique_ptr<Collector>(std::make_unique<Systemd>(env, settings, std::move(*include), std::move(*exclude)));
  }

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    if (Status status = list(scrape.deadline); !status) return status;
    wish();
    if (Status status = bus_.get(wanted_, scrape.deadline); !status) return status;
    write_manager(sink);
    write_units(sink);
    return ok();
  }

 private:
  Status list(SteadyTime deadline) {
    for (StateCount& count : counts_) count.units = 0;
    std::size_t placed = 0;
    const Status status = bus_.list_units(deadline, [&](const SystemdUnit& unit) {
      count(unit.active_state);
      if (unit.load_state != "loaded" || placed == kMostUnits || !include_.accepts(unit.name) || !exclude_.accepts(unit.name))
        return;
      Unit& row = kept_row(
          units_, placed, [&](const Unit& other) { return other.name == unit.name; },
          [&] { return Unit{.name = std::string(unit.name), .path = unit.path, .state = {}}; });
      ++placed;
      row.state = unit.active_state;
    });
    units_.erase(units_.begin() + static_cast<std::ptrdiff_t>(placed), units_.end());
    return status;
  }

  void count(std::string_view state) {
    const auto known =
        std::find_if(counts_.begin(), counts_.end(), [&](const StateCount& count) { return count.state == state; });
    if (known != counts_.end())
      ++known->units;
    else if (counts_.size() < kMostStates)
      counts_.push_back({std::string(state), 1});
  }

  /// Puts together what to ask for. `units_` must keep its place until the answers are in.
  void wish() {
    wanted_.clear();
    const auto of_manager = [&](const char* name, std::optional<std::string>& into) {
      into.reset();
      wanted_.push_back({.path = kSystemdManager, .interface = kSystemdManagerInterface, .name = name, .text = &into});
    };
    of_manager("Version", version_);
    of_manager("Virtualization", virtualization_);
    of_manager("SystemState", system_state_);
    const SteadyTime now = clock_.steady();
    for (Unit& unit : units_) {
      const std::string_view name = unit.name;
      if (name.ends_with(".service"))
        wish_of_service(unit, now);
      else if (name.ends_with(".mount"))
        wish_type(unit, "org.freedesktop.systemd1.Mount", now);
      else if (name.ends_with(".timer"))
        wish_number(unit, "org.freedesktop.systemd1.Timer", "LastTriggerUSec", unit.triggered);
      else if (name.ends_with(".socket"))
        wish_of_socket(unit);
      unit.start = 0;
      if (with_start_ && unit.state == "active")
        wish_number(unit, "org.freedesktop.systemd1.Unit", "ActiveEnterTimestamp", unit.start);
    }
  }
  void wish_of_service(Unit& unit, SteadyTime now) {
    constexpr const char* kInterface = "org.freedesktop.systemd1.Service";
    wish_type(unit, kInterface, now);
    if (with_restarts_) wish_number(unit, kInterface, "NRestarts", unit.restarts);
    if (!with_tasks_) return;
    wish_number(unit, kInterface, "TasksCurrent", unit.tasks);
    wish_number(unit, kInterface, "TasksMax", unit.tasks_max);
  }
  void wish_of_socket(Unit& unit) {
    constexpr const char* kInterface = "org.freedesktop.systemd1.Socket";
    wish_number(unit, kInterface, "NAccepted", unit.accepted);
    wish_number(unit, kInterface, "NConnections", unit.connections);
    wish_number(unit, kInterface, "NRefused", unit.refused);
  }
  void wish_type(Unit& unit, const char* interface, SteadyTime now) {
    if (unit.type && unit.type_asked && now - *unit.type_asked < kTypeTrust) return;
    unit.type.reset();
    unit.type_asked = now;
    wanted_.push_back({.path = unit.path.c_str(), .interface = interface, .name = "Type", .text = &unit.type});
  }
  void wish_number(Unit& unit, const char* interface, const char* name, std::optional<std::uint64_t>& into) {
    into.reset();
    wanted_.push_back({.path = unit.path.c_str(), .interface = interface, .name = name, .number = &into});
  }

  void write_manager(MetricSink& sink) {
    if (version_)
      if (const auto number = version_number(*version_)) sink.family(kVersion).add(*number, *version_);
    if (virtualization_)
      sink.family(kVirtualization).add(true, virtualization_->empty() ? std::string_view("none") : *virtualization_);
    if (system_state_) sink.add(kRunning, *system_state_ == "running");
    auto units = sink.family(kUnits);
    for (const StateCount& count : counts_) units.add(count.units, count.state);
  }

  void write_units(MetricSink& sink) {
    {
      auto family = sink.family(kState);
      for (const Unit& unit : units_) {
        const std::string_view type = unit.type ? std::string_view(*unit.type) : std::string_view();
        for (const std::string_view state : kStates) family.add(unit.state == state, unit.name, state, type);
      }
    }
    const auto each = [&](const MetricDesc<1>& desc, auto value) {
      auto family = sink.family(desc);
      for (const Unit& unit : units_)
        if (const auto number = value(unit)) family.add(*number, unit.name);
    };
    const auto seconds = [](std::optional<std::uint64_t> microseconds) {
      return microseconds ? std::optional<double>(static_cast<double>(*microseconds) / 1e6) : std::nullopt;
    };
    const auto limited = [](std::optional<std::uint64_t> tasks) { return tasks == kNoLimit ? std::nullopt : tasks; };
    each(kRestarts, [](const Unit& unit) { return unit.restarts; });
    if (with_start_) each(kStart, [&](const Unit& unit) { return seconds(unit.start); });
    each(kTasks, [&](const Unit& unit) { return limited(unit.tasks); });
    each(kTasksMax, [&](const Unit& unit) { return limited(unit.tasks_max); });
    each(kTriggered, [&](const Unit& unit) { return seconds(unit.triggered); });
    each(kAccepted, [](const Unit& unit) { return unit.accepted; });
    each(kConnections, [](const Unit& unit) { return unit.connections; });
    each(kRefused, [](const Unit& unit) { return unit.refused; });
  }

  SystemdBus bus_;
  const Clock& clock_;
  NameFilter include_;
  NameFilter exclude_;
  const bool with_tasks_;
  const bool with_restarts_;
  const bool with_start_;
  std::vector<Unit> units_;
  std::vector<StateCount> counts_ = {{"active"}, {"activating"}, {"deactivating"}, {"inactive"}, {"failed"}};
  std::vector<SystemdProperty> wanted_;
  std::optional<std::string> version_;
  std::optional<std::string> virtualization_;
  std::optional<std::string> system_state_;
};

}  // namespace

extern const CollectorInfo systemd_collector{
    .name = "systemd",
    .summary = "States of systemd's units, timers and sockets, over D-Bus.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .flags = kFlags,
    .make = Systemd::make,
};

}  // namespace finwatch::host
