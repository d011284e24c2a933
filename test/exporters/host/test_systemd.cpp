#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>
#include <variant>

#include "core/files.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/page_check.h"

namespace finwatch::host {
extern const CollectorInfo systemd_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::systemd_collector;

namespace {

using Value = std::variant<std::string, std::uint32_t, std::uint64_t>;

struct FakeUnit {
  std::string load = "loaded";
  std::string active = "active";
  std::map<std::string, Value> properties = {};  // "Service.Type", "Unit.ActiveEnterTimestamp" …
};

/// What the fake does instead of answering well.
enum class Fault { none, mute, mute_list, mute_get, denied, absent, broken, wrong_list, wrong_value, cut_list, cut_get };

/// A bus with a systemd on it, for one client at a time: speaks D-Bus through the library's server side.
class FakeSystemd {
 public:
  std::map<std::string, FakeUnit> units;
  std::map<std::string, Value> manager = {{"Version", std::string("252.39-1~deb12u1")},
                                          {"Virtualization", std::string("kvm")},
                                          {"SystemState", std::string("running")}};

  explicit FakeSystemd(const std::string& path, Fault fault = Fault::none) : fault_(fault) {
    listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    REQUIRE(::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening_.get(), 8) == 0);
  }
  /// From now on the tables belong to the thread that serves.
  void start() {
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeSystemd() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// Closes the connection, as a bus does that is started anew.
  void drop() { dropping_ = true; }
  int clients() const { return clients_; }
  int asked(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return asked_[what];
  }

 private:
  static constexpr int kTick = 5;  // milliseconds

  void serve() {
    while (!stopping_) {
      pollfd wait{.fd = listening_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, kTick) <= 0) continue;
      Descriptor client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      ++clients_;
      if (fault_ != Fault::mute) {
        talk(std::move(client));
        continue;
      }
      while (!stopping_) ::usleep(1000 * kTick);
    }
  }
  void talk(Descriptor client) {
    sd_bus* bus = nullptr;
    sd_id128_t id{};
    id.bytes[0] = 1;
    dropping_ = false;
    const int fd = client.release();
    const bool ready = ::sd_bus_new(&bus) >= 0 && ::sd_bus_set_fd(bus, fd, fd) >= 0 && ::sd_bus_set_server(bus, 1, id) >= 0 &&
                       ::sd_bus_start(bus) >= 0 && ::sd_bus_add_filter(bus, nullptr, on_message, this) >= 0;
    while (ready && !stopping_ && !dropping_) {
      const int moved = ::sd_bus_process(bus, nullptr);
      if (moved < 0) break;
      if (moved == 0) ::sd_bus_wait(bus, 1000 * kTick);
    }
    ::sd_bus_close_unref(bus);
  }

  static int on_message(sd_bus_message* message, void* self, sd_bus_error*) {
    return static_cast<FakeSystemd*>(self)->answer(message);
  }
  int answer(sd_bus_message* message) {
    if (::sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello") > 0)
      return ::sd_bus_reply_method_return(message, "s", ":1.1");
    if (::sd_bus_message_is_method_call(message, "org.freedesktop.systemd1.Manager", "ListUnits") > 0) return list(message);
    if (::sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Properties", "Get") > 0) return get(message);
    return 0;
  }

  int list(sd_bus_message* message) {
    switch (fault_) {
      case Fault::mute_list: return 1;
      case Fault::cut_list: dropping_ = true; return 1;
      case Fault::denied: return ::sd_bus_reply_method_errorf(message, SD_BUS_ERROR_ACCESS_DENIED, "go away");
      case Fault::absent: return ::sd_bus_reply_method_errorf(message, SD_BUS_ERROR_SERVICE_UNKNOWN, "no such name");
      case Fault::broken: return ::sd_bus_reply_method_errorf(message, SD_BUS_ERROR_FAILED, "\x01");
      case Fault::wrong_list: return ::sd_bus_reply_method_return(message, "s", "units");
      default: break;
    }
    sd_bus_message* reply = nullptr;
    ::sd_bus_message_new_method_return(message, &reply);
    ::sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
    for (const auto& [name, unit] : units) {
      char* path = nullptr;
      ::sd_bus_path_encode("/org/freedesktop/systemd1/unit", name.c_str(), &path);
      ::sd_bus_message_append(reply, "(ssssssouso)", name.c_str(), "A unit", unit.load.c_str(), unit.active.c_str(), "sub", "",
                              path, std::uint32_t{0}, "", "/");
      ::free(path);
    }
    ::sd_bus_message_close_container(reply);
    const int sent = ::sd_bus_send(nullptr, reply, nullptr);
    ::sd_bus_message_unref(reply);
    return sent;
  }

  int get(sd_bus_message* message) {
    const char* interface = nullptr;
    const char* name = nullptr;
    if (::sd_bus_message_read(message, "ss", &interface, &name) < 0) return 0;
    if (fault_ == Fault::mute_get) return 1;
    if (fault_ == Fault::cut_get) {
      dropping_ = true;
      return 1;
    }
    if (fault_ == Fault::wrong_value) return ::sd_bus_reply_method_return(message, "v", "d", 1.5);
    const Value* value = find(::sd_bus_message_get_path(message), std::string(base(interface)) + "." + name);
    if (value == nullptr) return ::sd_bus_reply_method_errorf(message, SD_BUS_ERROR_UNKNOWN_PROPERTY, "no such property");
    if (const auto* text = std::get_if<std::string>(value))
      return ::sd_bus_reply_method_return(message, "v", "s", text->c_str());
    if (const auto* small = std::get_if<std::uint32_t>(value)) return ::sd_bus_reply_method_return(message, "v", "u", *small);
    return ::sd_bus_reply_method_return(message, "v", "t", std::get<std::uint64_t>(*value));
  }
  static std::string_view base(std::string_view interface) { return interface.substr(interface.rfind('.') + 1); }

  const Value* find(const char* path, const std::string& property) {
    const std::lock_guard lock(mutex_);
    ++asked_[property];
    const auto in = [](const std::map<std::string, Value>& map, const std::string& key) {
      const auto found = map.find(key);
      return found == map.end() ? nullptr : &found->second;
    };
    char* name = nullptr;
    if (::sd_bus_path_decode(path, "/org/freedesktop/systemd1/unit", &name) <= 0)
      return property.starts_with("Manager.") ? in(manager, property.substr(8)) : nullptr;
    const auto unit = units.find(name);
    ::free(name);
    return unit == units.end() ? nullptr : in(unit->second.properties, property);
  }

  const Fault fault_;
  Descriptor listening_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> dropping_{false};
  std::atomic<int> clients_{0};
  std::mutex mutex_;
  std::map<std::string, int> asked_;
  std::thread thread_;
};

void furnish(FakeSystemd& systemd) {
  constexpr std::uint64_t kNone = UINT64_MAX;
  systemd.units = {
      {"ledger.service",
       {.properties = {{"Service.Type", std::string("notify")},
                       {"Service.NRestarts", std::uint32_t{3}},
                       {"Service.TasksCurrent", std::uint64_t{42}},
                       {"Service.TasksMax", std::uint64_t{4915}},
                       {"Unit.ActiveEnterTimestamp", std::uint64_t{1'700'000'000'500'000}}}}},
      {"reports@a-b.service",
       {.active = "failed",
        .properties = {{"Service.Type", std::string("oneshot")},
                       {"Service.TasksCurrent", kNone},
                       {"Service.TasksMax", kNone}}}},
      {"old.service", {.active = "reloading", .properties = {}}},  // knows no property at all
      {"gone.service", {.load = "not-found", .active = "inactive"}},
      {"backup.timer", {.properties = {{"Timer.LastTriggerUSec", std::uint64_t{1'699'999'000'000'000}}}}},
      {"never.timer", {.active = "inactive", .properties = {{"Timer.LastTriggerUSec", std::uint64_t{0}}}}},
      {"ssh.socket",
       {.properties = {{"Socket.NAccepted", std::uint32_t{10}},
                       {"Socket.NConnections", std::uint32_t{2}},
                       {"Socket.NRefused", std::uint32_t{1}}}}},
      {"old.socket", {.properties = {{"Socket.NAccepted", std::uint32_t{0}}, {"Socket.NConnections", std::uint32_t{0}}}}},
      {"srv-\xE8\xB4\xA6.mount", {.properties = {{"Mount.Type", std::string("ext4")}}}},
      {"multi-user.target", {}},
      {"system.slice", {}},
  };
}

/// A machine of its own with a bus, and the collector.
struct Machine {
  explicit Machine(Fault fault = Fault::none, const char* socket = "root/run/dbus/system_bus_socket") {
    tree.write("root/run/dbus/.keep", "");
    tree.write("root/run/systemd/.keep", "");
    systemd = std::make_unique<FakeSystemd>(tree.path(socket), fault);
  }
  void start() const { systemd->start(); }
  Collected collect(const std::map<std::string, std::string>& flags = {}) const {
    return test::collect(systemd_collector, tree.env(), flags);
  }

  TemporaryTree tree;
  std::unique_ptr<FakeSystemd> systemd;
};

bool has(const Collected& got, const std::string& line) { return got.samples.find(line + "\n") != std::string::npos; }

std::string failure(Fault fault) {
  Machine machine(fault);
  furnish(*machine.systemd);
  machine.start();
  KeptCollector collector(systemd_collector, machine.tree.env());
  const bool silent = fault == Fault::mute || fault == Fault::mute_list || fault == Fault::mute_get;
  const auto run = [&] {
    return collector.collect(silent ? std::chrono::milliseconds{30} : std::chrono::milliseconds{20'000});
  };
  const Collected first = run();
  const Collected second = run();  // after a failure the next scrape begins anew
  const auto word = [](const Collected& got) { return got.status ? "none" : std::string(to_string(got.status.error().code)); };
  CHECK(word(first) == word(second));
  return word(second);
}

}  // namespace

TEST_CASE("systemd: units, timers and sockets of a small server") {
  Machine machine;
  furnish(*machine.systemd);
  machine.start();
  const Collected got = machine.collect({{"collector.systemd.enable-task-metrics", "true"},
                                         {"collector.systemd.enable-restarts-metrics", "true"},
                                         {"collector.systemd.enable-start-time-metrics", "true"},
                                         {"collector.systemd.unit-exclude", ".+\\.(automount|device|scope|slice)"}});
  REQUIRE(got.status);
  CHECK(check_page(got.page).problem == "");
  CHECK(check_page(got.page).first_duplicate == "");
  CHECK(compare_golden("host/systemd.prom", got.page) == "");
}

TEST_CASE("systemd: what is not asked for costs no question") {
  Machine machine;
  furnish(*machine.systemd);
  machine.start();
  const Collected got = machine.collect();
  REQUIRE(got.status);
  for (const char* absent : {"tasks", "restart", "start_time", ".mount", ".slice", "gone.service"}) {
    CAPTURE(absent);
    CHECK(got.samples.find(absent) == std::string::npos);
  }
  CHECK(has(got, "node_systemd_unit_state{name=\"multi-user.target\",state=\"active\",type=\"\"} 1"));
  for (const char* property : {"Service.TasksCurrent", "Service.NRestarts", "Unit.ActiveEnterTimestamp"})
    CHECK(machine.systemd->asked(property) == 0);
}

TEST_CASE("systemd: include and exclude mean whole names, and both decide") {
  Machine machine;
  furnish(*machine.systemd);
  machine.start();
  const Collected got =
      machine.collect({{"collector.systemd.unit-include", ".+\\.service|ssh"}, {"collector.systemd.unit-exclude", "old.*"}});
  CHECK(has(got, "node_systemd_unit_state{name=\"ledger.service\",state=\"active\",type=\"notify\"} 1"));
  CHECK(got.samples.find("old.service") == std::string::npos);
  CHECK(got.samples.find("ssh.socket") == std::string::npos);
  CHECK(has(got, "node_systemd_units{state=\"active\"} 7"));  // the summary counts all
  CHECK(has(got, "node_systemd_units{state=\"reloading\"} 1"));
  const FakeSettings settings(systemd_collector, {{"collector.systemd.unit-include", "("}});
  CHECK(systemd_collector.make(Env{}, settings).error().code == Errc::config);
}

TEST_CASE("systemd: no bus, a bus that was stopped, and a bus without systemd are no data") {
  const TemporaryTree tree;
  CHECK(collect(systemd_collector, tree.env()).status.error().code == Errc::no_data);
  CHECK(collect(systemd_collector, tree.env(), {{"collector.systemd.private", "true"}}).status.error().code == Errc::no_data);
  {
    tree.write("root/run/dbus/.keep", "");
    const FakeSystemd stopped(tree.path("root/run/dbus/system_bus_socket"));
  }
  CHECK(collect(systemd_collector, tree.env()).status.error().code == Errc::no_data);
  CHECK(failure(Fault::absent) == "no_data");
}

TEST_CASE("systemd: a bus that is silent ends at the deadline") {
  CHECK(failure(Fault::mute) == "timeout");
  CHECK(failure(Fault::mute_list) == "timeout");
  CHECK(failure(Fault::mute_get) == "timeout");
}

TEST_CASE("systemd: a bus that refuses, answers nonsense or hangs up") {
  CHECK(failure(Fault::denied) == "permission");
  CHECK(failure(Fault::broken) == "unavailable");
  CHECK(failure(Fault::wrong_list) == "malformed");
  CHECK(failure(Fault::cut_list) == "unavailable");
  CHECK(failure(Fault::cut_get) == "unavailable");
}

TEST_CASE("systemd: a bus that speaks no D-Bus") {
  const TemporaryTree tree;
  tree.write("root/run/dbus/.keep", "");
  const std::string path = tree.path("root/run/dbus/system_bus_socket");
  const Descriptor listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  REQUIRE(::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listening.get(), 1) == 0);
  std::thread server([&] {
    const Descriptor client(::accept(listening.get(), nullptr, nullptr));
    constexpr std::string_view kText = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    (void)::send(client.get(), kText.data(), kText.size(), MSG_NOSIGNAL);
    char ignored[512];
    while (::recv(client.get(), ignored, sizeof ignored, 0) > 0) {
    }
  });
  const Collected got = collect(systemd_collector, tree.env());
  server.join();
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::permission);
}

TEST_CASE("systemd: values of another type are no values") {
  Machine machine(Fault::wrong_value);
  furnish(*machine.systemd);
  machine.start();
  const Collected got = machine.collect({{"collector.systemd.enable-restarts-metrics", "true"}});
  REQUIRE(got.status);
  CHECK(has(got, "node_systemd_unit_state{name=\"ledger.service\",state=\"active\",type=\"\"} 1"));
  for (const char* absent : {"version", "system_running", "restart", "timer", "socket_"}) {
    CAPTURE(absent);
    CHECK(got.samples.find("node_systemd_" + std::string(absent)) == std::string::npos);
  }
}

TEST_CASE("systemd: versions and states") {
  const std::pair<const char*, const char*> kVersions[] = {
      {"252", "252"}, {"v249.11-0ubuntu3", "249.11"}, {"257~rc1", "257"}, {"systemd 12 254.x", "254"}, {"99", ""}, {"", ""}};
  for (const auto& [text, number] : kVersions) {
    CAPTURE(text);
    Machine machine;
    machine.systemd->manager = {
        {"Version", std::string(text)}, {"Virtualization", std::string()}, {"SystemState", std::string("degraded")}};
    machine.start();
    const Collected got = machine.collect();
    REQUIRE(got.status);
    CHECK(has(got, "node_systemd_version{version=\"" + std::string(text) + "\"} " + number) == (*number != '\0'));
    CHECK(has(got, "node_systemd_virtualization_info{virtualization_type=\"none\"} 1"));
    CHECK(has(got, "node_systemd_system_running 0"));
  }
}

TEST_CASE("systemd: one connection for many scrapes, and a new one when the bus was started anew") {
  Machine machine;
  furnish(*machine.systemd);
  machine.start();
  ManualClock clock;
  KeptCollector collector(systemd_collector, machine.tree.env(&clock));
  const std::string first = collector.collect().page;
  CHECK(collector.collect().page == first);
  CHECK(machine.systemd->clients() == 1);
  CHECK(machine.systemd->asked("Service.Type") == 3 + 1);  // the one that had no answer is asked for again
  clock.advance(std::chrono::minutes{2});
  CHECK(collector.collect().page == first);
  CHECK(machine.systemd->asked("Service.Type") == 4 + 3);
  machine.systemd->drop();
  CHECK(collector.collect().page == first);
  CHECK(collector.collect().page == first);
  CHECK(machine.systemd->clients() == 2);
}

TEST_CASE("systemd: a thousand units, more than may be asked for at once") {
  Machine machine;
  for (int i = 0; i < 1000; ++i)
    machine.systemd->units["s" + std::to_string(i) + ".service"] = {.properties = {{"Service.Type", std::string("simple")}}};
  machine.start();
  const Collected got = machine.collect();
  REQUIRE(got.status);
  CHECK(has(got, "node_systemd_unit_state{name=\"s999.service\",state=\"active\",type=\"simple\"} 1"));
  CHECK(has(got, "node_systemd_units{state=\"active\"} 1000"));
}

TEST_CASE("systemd: at its own socket") {
  Machine machine(Fault::none, "root/run/systemd/private");
  furnish(*machine.systemd);
  machine.start();
  const Collected got = machine.collect({{"collector.systemd.private", "true"}});
  REQUIRE(got.status);
  CHECK(has(got, "node_systemd_system_running 1"));
}

TEST_CASE("systemd: the one of this machine, or that there is none") {
  const Collected got = collect(systemd_collector, Env{});
  if (!std::filesystem::exists("/run/systemd/system")) {  // what sd_booted(3) asks
    REQUIRE_FALSE(got.status);
    CHECK(got.status.error().code == Errc::no_data);
    return;
  }
  REQUIRE(got.status);
  CHECK(check_page(got.page).first_duplicate == "");
  CHECK(got.samples.find("node_systemd_version{") != std::string::npos);
  CHECK(got.samples.find("node_systemd_unit_state{") != std::string::npos);
}
