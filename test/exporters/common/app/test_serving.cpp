// finwatch-host while it runs: its doors, its reloads, its end, and what surrounds it when things go wrong.
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "core/files.h"
#include "support/catch.h"
#include "support/hanging_mount.h"
#include "support/page_check.h"
#include "support/program.h"
#include "support/web_client.h"
#include "web/listener.h"

using namespace finwatch;
using namespace finwatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// finwatch-host with one quick collector, on a free port.
std::vector<std::string> small(std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--web.listen-address=127.0.0.1:0", "--collector.disable-defaults", "--collector.loadavg"});
  return more;
}

RunningProgram start(std::vector<std::string> arguments, const ProgramSetup& setup = {}) {
  return RunningProgram("finwatch-host", std::move(arguments), setup);
}

std::string metrics(const std::string& address, const std::string& query = {}) {
  return WebClient(address).get("/metrics" + query).body;
}

template <class Condition>
bool eventually(Condition condition) {
  for (int turn = 0; turn < 1000; ++turn, std::this_thread::sleep_for(5ms))
    if (condition()) return true;
  return false;
}

}  // namespace

TEST_CASE("serving: the page is sound, and every path and verb answers as promised") {
  RunningProgram host = start(small());
  WebClient client(host.address());
  const WebResponse page = client.get("/metrics");
  CHECK(page.code == 200);
  const CheckedPage checked = check_page(page.body);
  CHECK(checked.problem == "");
  CHECK(checked.first_duplicate == "");
  for (const char* family : {"node_load1", "finwatch_build_info", "node_exporter_build_info", "process_cpu_seconds_total",
                             "process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds",
                             "finwatch_config_last_reload_successful", "node_scrape_collector_success"})
    CHECK(checked.families.contains(family));
  CHECK(client.request("HEAD", "/metrics").code == 200);
  CHECK(client.request("POST", "/metrics").code == 405);
  CHECK(client.get("/-/reload").code == 405);
  CHECK(client.get("/-/healthy").code == 200);
  CHECK(client.get("/-/ready").code == 200);
  CHECK(client.get("/nothing").code == 404);
  CHECK_THAT(client.get("/").body, Contains("finwatch-host") && Contains("href=\"/metrics\""));
  CHECK_THAT(client.get("/metrics").body, Contains("finwatch_http_requests_total{code=\"404\"} 1\n") &&
                                              Contains("finwatch_http_requests_total{code=\"405\"} 2\n"));
}

TEST_CASE("serving: collectors are chosen by the query, also by one that is off") {
  RunningProgram host = start(small({"--collector.vmstat"}));
  CHECK_THAT(metrics(host.address(), "?collect[]=vmstat"), Contains("node_vmstat_") && !Contains("node_load1"));
  CHECK_THAT(metrics(host.address(), "?exclude[]=vmstat"), !Contains("node_vmstat_") && Contains("node_load1"));
  const WebResponse off = WebClient(host.address()).get("/metrics?collect[]=meminfo");
  CHECK(off.code == 400);
  CHECK(off.body == "no collector 'meminfo' is switched on here\n");
}

TEST_CASE("serving: metrics about the exporter itself can be left out") {
  RunningProgram host = start(small({"--web.disable-exporter-metrics", "--web.telemetry-path=/m"}));
  WebClient client(host.address());
  const std::string page = client.get("/m").body;
  CHECK_THAT(page,
             Contains("node_load1") && Contains("finwatch_build_info") && Contains("finwatch_config_last_reload_successful"));
  CHECK_THAT(page, !Contains("process_") && !Contains("finwatch_http_requests_total"));
  CHECK(client.get("/metrics").code == 404);
}

TEST_CASE("serving: several addresses at once, IPv6 and a socket file among them") {
  const TemporaryTree tree;
  std::vector<std::string> arguments = small({"--web.listen-address=unix:" + tree.path("web.sock")});
  const bool six = static_cast<bool>(open_listener("[::1]:0"));
  if (six) arguments.emplace_back("--web.listen-address=[::1]:0");
  RunningProgram host = start(std::move(arguments));
  CHECK(host.address(0) == "unix:" + tree.path("web.sock"));
  for (std::size_t i = 0; i < (six ? 3 : 2); ++i) CHECK_THAT(metrics(host.address(i)), Contains("node_load1"));
}

TEST_CASE("serving: reload takes a good configuration over, keeps the old one when the new one is bad, and says so") {
  const TemporaryTree tree;
  const auto configure = [&](const std::string& text) {
    tree.write("new.yml", text);
    ::rename(tree.path("new.yml").c_str(), tree.path("host.yml").c_str());
  };
  configure("collectors: {vmstat: {}}\n");
  RunningProgram host = start(small({"--config.file=" + tree.path("host.yml")}));
  WebClient client(host.address());
  CHECK_THAT(client.get("/metrics").body, Contains("node_vmstat_") && Contains("finwatch_config_last_reload_successful 1\n"));

  configure("collectors: {vmstat: {}, nonsense: {}}\n");
  const WebResponse refused = client.request("POST", "/-/reload");
  CHECK(refused.code == 500);
  CHECK_THAT(refused.body, Contains("host.yml:1:26: collectors: unknown key 'nonsense'"));
  CHECK_THAT(client.get("/metrics").body, Contains("node_vmstat_") && Contains("finwatch_config_last_reload_successful 0\n"));
  CHECK(host.logs("the old one stays in force"));

  configure("collectors: {vmstat: {enabled: false}}\n");
  CHECK(client.request("POST", "/-/reload").code == 200);
  CHECK_THAT(client.get("/metrics").body, !Contains("node_vmstat_") && Contains("finwatch_config_last_reload_successful 1\n"));

  configure("collectors: {vmstat: {}}\n");
  host.signal(SIGHUP);
  CHECK(eventually([&] { return client.get("/metrics").body.find("node_vmstat_") != std::string::npos; }));
  configure("collectors: [\n");
  host.signal(SIGHUP);
  CHECK(eventually([&] { return client.get("/metrics").body.find("reload_successful 0") != std::string::npos; }));
  CHECK_THAT(client.get("/metrics").body, Contains("node_vmstat_"));
  ::unlink(tree.path("host.yml").c_str());  // gone altogether
  CHECK_THAT(client.request("POST", "/-/reload").body, Contains("no such file"));
  CHECK_THAT(client.get("/metrics").body, Contains("node_vmstat_"));
}

TEST_CASE("serving: sockets opened by systemd are taken, by number and for this process only") {
  ProgramSetup setup{.environment = {{"LISTEN_FDS", "1"}}};
  setup.before_start = [] {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) ::_exit(127);
    ::listen(socket, 16);
    if (socket != 3) ::dup2(socket, 3);
    ::fcntl(3, F_SETFD, 0);
  };
  RunningProgram host = start({"--web.systemd-socket", "--collector.disable-defaults", "--collector.loadavg"}, setup);
  CHECK_THAT(metrics(host.address()), Contains("node_load1"));

  const Ended alone = run_program_once("finwatch-host", {"--web.systemd-socket"});
  CHECK(alone.status == 1);
  CHECK_THAT(alone.error, Contains("systemd passed no socket"));
}

TEST_CASE("serving: a killed program leaves nothing in the way of the next one, on a socket file and on a port") {
  const TemporaryTree tree;
  std::string port;
  {
    RunningProgram killed = start(small({"--web.listen-address=unix:" + tree.path("web.sock")}));
    port = killed.address(1);
    WebClient keeps_open(port);
    CHECK(keeps_open.get("/-/healthy").code == 200);
    killed.signal(SIGKILL);
    CHECK(killed.wait() == 128 + SIGKILL);
  }
  struct stat status {};
  REQUIRE(::stat(tree.path("web.sock").c_str(), &status) == 0);
  RunningProgram next = start({"--web.listen-address=unix:" + tree.path("web.sock"), "--web.listen-address=" + port,
                               "--collector.disable-defaults", "--collector.loadavg"});
  CHECK_THAT(metrics(next.address(0)), Contains("node_load1"));
  CHECK_THAT(metrics(port), Contains("node_load1"));

  const Ended second = run_program_once("finwatch-host", {"--web.listen-address=" + port});
  CHECK(second.status == 1);
  CHECK_THAT(second.error, Contains("Address already in use") && Contains("another program listens there"));
  next.signal(SIGTERM);
  CHECK(next.wait() == 0);
  CHECK(::stat(tree.path("web.sock").c_str(), &status) != 0);
}

// Two real mounts that hang from before the start: one below /proc, where a collector opens its file, and one that is asked for
// its size.
TEST_CASE("serving: what hangs costs itself only, and neither the start nor a scrape nor SIGTERM waits for it") {
  const TemporaryTree tree;
  tree.write("proc/loadavg", "0.1 0.2 0.3 1/100 4242\n");
  tree.write("proc/sys/net/x", "");
  tree.write("root/dead/x", "");
  tree.write("proc/1/mountinfo",
             "1 0 0:50 / / rw - ext4 /dev/sda1 rw\n2 1 0:51 / " + tree.path("root/dead") + " rw - ext4 /dev/sdb1 rw\n");
  HangingMount sysctl(tree.path("proc/sys"), HangingMount::Hangs::everything);
  HangingMount dead(tree.path("root/dead"));
  if (!sysctl.refused().empty()) {
    WARN("skipped, no FUSE mount here: " << sysctl.refused());
    return;
  }
  const auto begun = std::chrono::steady_clock::now();
  RunningProgram host =
      start({"--web.listen-address=127.0.0.1:0", "--path.procfs=" + tree.path("proc"), "--scrape.timeout=400ms",
             "--collector.filesystem.mount-timeout=100ms", "--collector.disable-defaults", "--collector.loadavg",
             "--collector.conntrack", "--collector.filesystem"});
  WebClient client(host.address());
  CHECK(client.get("/-/ready").code == 200);
  CHECK(std::chrono::steady_clock::now() - begun < 1s);
  const auto threads = [&] { return list_folder("/proc/" + std::to_string(host.pid()) + "/task")->size(); };
  std::size_t threads_at_first = 0;
  for (int scrape = 0; scrape < 4; ++scrape) {
    const std::string page = client.get("/metrics").body;
    CHECK_THAT(page, Contains("node_load1 0.1\n") && Contains("node_filesystem_size_bytes{device=\"/dev/sda1\""));
    CHECK_THAT(page, Contains("mountpoint=\"" + tree.path("root/dead") +
                              "\",fstype=\"ext4\",device_error=\"mountpoint timeout\"} 1\n"));
    CHECK_THAT(page, Contains("finwatch_collector_failed{collector=\"conntrack\",reason=\"timeout\"} 1\n"));
    if (scrape == 1) threads_at_first = threads();
  }
  CHECK(threads() == threads_at_first);
  for (int reload = 0; reload < 5; ++reload) {
    CHECK(client.request("POST", "/-/reload").code == 200);
    const std::string page = client.get("/metrics").body;
    CHECK_THAT(page, Contains("node_load1 0.1\n") && Contains("mountpoint timeout") &&
                         Contains("collector=\"conntrack\",reason=\"timeout\"} 1\n"));
  }
  CHECK(threads() <= threads_at_first + 1);  // the reloads' own
  sysctl.answer();
  dead.answer();
  CHECK(eventually([&] {
    const std::string page = client.get("/metrics").body;
    return page.find("collector_supported{collector=\"conntrack\"} 0") != std::string::npos &&
           page.find("mountpoint timeout") == std::string::npos;
  }));
}

TEST_CASE("serving: SIGTERM does not wait for what hangs; where the kernel does, the doors are closed at least") {
  for (const auto hangs : {HangingMount::Hangs::everything, HangingMount::Hangs::deaf}) {
    const TemporaryTree tree;
    tree.write("proc/sys/net/x", "");
    HangingMount sysctl(tree.path("proc/sys"), hangs);
    if (!sysctl.refused().empty()) {
      WARN("skipped, no FUSE mount here: " << sysctl.refused());
      return;
    }
    RunningProgram host = start({"--web.listen-address=127.0.0.1:0", "--path.procfs=" + tree.path("proc"),
                                 "--scrape.timeout=300ms", "--collector.disable-defaults", "--collector.conntrack"});
    const std::string address = host.address();
    WebClient waits(address);
    waits.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
    std::this_thread::sleep_for(50ms);
    const auto begun = std::chrono::steady_clock::now();
    host.signal(SIGTERM);
    CHECK(waits.receive().code == 200);  // who waits still gets the page of the deadline
    if (hangs == HangingMount::Hangs::everything) {
      CHECK(host.wait() == 0);
      CHECK(std::chrono::steady_clock::now() - begun < 4s);
    } else {
      CHECK(eventually([&] { return static_cast<bool>(open_listener(address)); }));
      CHECK(host.wait(0s) == -1);
      sysctl.answer();  // the disk is back, or pulled out
      CHECK(host.wait() == 0);
    }
  }
}

TEST_CASE("serving: it ends at once when nobody asks, by SIGTERM and by SIGINT") {
  for (const int signal : {SIGTERM, SIGINT}) {
    RunningProgram host = start(small());
    WebClient idle(host.address());
    const auto begun = std::chrono::steady_clock::now();
    host.signal(signal);
    CHECK(host.wait() == 0);
    CHECK(std::chrono::steady_clock::now() - begun < 2s);
  }
}

TEST_CASE("serving: a log that is full, closed, or read by nobody neither ends nor stops it") {
  static int pipe_ends[2];
  const auto full = [] { ::dup2(::open("/dev/full", O_WRONLY), STDERR_FILENO); };
  const auto closed = [] {
    ::close(STDIN_FILENO);
    ::close(STDOUT_FILENO);
    ::close(STDERR_FILENO);
  };
  const auto unread = [] {  // a pipe that is full to the brim, with a reader that never reads
    ::fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
    const std::string brim(4096, '.');
    while (::write(pipe_ends[1], brim.data(), brim.size()) > 0) continue;
    ::fcntl(pipe_ends[1], F_SETFL, 0);
    ::dup2(pipe_ends[1], STDERR_FILENO);
  };
  REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
  const TemporaryTree tree;
  for (const std::function<void()>& before :
       {std::function<void()>(full), std::function<void()>(closed), std::function<void()>(unread)}) {
    const std::string address = "unix:" + tree.path("web.sock");
    RunningProgram host =
        start({"--web.listen-address=" + address, "--log.level=debug", "--collector.disable-defaults", "--collector.loadavg"},
              {.before_start = before});
    REQUIRE(eventually([&] { return ::access(tree.path("web.sock").c_str(), F_OK) == 0; }));
    REQUIRE(eventually([&] {
      try {
        return WebClient(address).get("/-/ready").code == 200;
      } catch (const std::runtime_error&) {
        return false;
      }
    }));
    for (int turn = 0; turn < 5; ++turn) {
      host.signal(SIGHUP);  // each reload is a line in the log
      CHECK_THAT(metrics(address), Contains("node_load1"));
    }
    host.signal(SIGTERM);
    CHECK(host.wait() == 0);
  }
  for (const int end : pipe_ends) ::close(end);
}

TEST_CASE("serving: no secret stands in the log, on a page, in an answer or on the command line") {
  const TemporaryTree tree;
  const std::string hash = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";  // alice: correct horse
  tree.write("web.yml", "basic_auth_users:\n  alice: " + hash + "\n");
  tree.write("host.yml", "collectors: {}\n");
  RunningProgram host =
      start(small({"--web.config.file=" + tree.path("web.yml"), "--config.file=" + tree.path("host.yml"), "--log.level=debug"}),
            {.environment = {{"FINWATCH_TEST_PASSWORD", "s3cr3t-word"}}});
  WebClient client(host.address());
  const std::string right = "Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==";
  std::string seen;
  for (const char* target : {"/metrics", "/", "/nothing"}) {
    seen += client.get(target, {right}).body;
    seen += client.get(target, {"Authorization: Basic YWxpY2U6d3Jvbmc="}).body;
  }
  tree.write("host.yml", "collectors:\n  loadavg: ${FINWATCH_TEST_PASSWORD}\n");
  seen += client.request("POST", "/-/reload", {right}).body;
  tree.write("host.yml", "collectors: {vmstat: {fields: \"${FINWATCH_TEST_PASSWORD}(\"}}\n");
  seen += client.request("POST", "/-/reload", {right}).body;
  CHECK_THAT(seen, Contains("found \"${FINWATCH_TEST_PASSWORD}\"") && Contains("what the environment makes of"));
  tree.write("web.yml", "basic_auth_users:\n  alice: " + hash.substr(0, 40) + "\n");
  seen += client.get("/metrics", {right}).body;
  const std::string command = read_file("/proc/" + std::to_string(host.pid()) + "/cmdline").value_or("");
  CHECK_THAT(command, Contains("finwatch-host"));
  host.signal(SIGTERM);
  CHECK(host.wait() == 0);
  for (const std::string& text : {seen, host.log(), host.out(), command})
    for (const char* secret : {"s3cr3t-word", "correct horse", "YWxpY2U6", "$2b$04", "abcdefghijkl"})
      CHECK_THAT(text, !Contains(secret));
}

TEST_CASE("serving: an empty or missing /proc is no reason to end") {
  const TemporaryTree tree;
  RunningProgram host = start({"--web.listen-address=127.0.0.1:0", "--path.procfs=" + tree.path("nowhere"),
                               "--path.sysfs=" + tree.path("nowhere"), "--path.rootfs=" + tree.path("nowhere"),
                               "--path.udev.data=" + tree.path("nowhere")});
  const std::string page = metrics(host.address());
  CHECK(check_page(page).problem == "");
  CHECK_THAT(page, Contains("finwatch_collector_supported{collector=\"loadavg\"} 0\n") &&
                       Contains("node_scrape_collector_success{collector=\"meminfo\"} 0\n"));
  host.signal(SIGTERM);
  CHECK(host.wait() == 0);
}

TEST_CASE("serving: a machine without /proc/self, as in a bare chroot, is no reason to end either") {
  if (::access("/proc/self/ns/mnt", F_OK) != 0 || ::geteuid() != 0) {
    WARN("skipped: needs root");
    return;
  }
  RunningProgram host =
      start(small({"--collector.filesystem", "--collector.processes", "--collector.mountstats"}), {.before_start = [] {
              if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                  ::mount("none", "/proc", "tmpfs", 0, "size=64k") != 0)
                ::_exit(77);
            }});
  try {
    const std::string page = metrics(host.address());
    CHECK(check_page(page).problem == "");
    CHECK_THAT(page, Contains("finwatch_collector_supported{collector=\"loadavg\"} 0\n") && Contains("finwatch_build_info"));
    CHECK_THAT(page, !Contains("process_resident_memory_bytes"));  // unknown is no sample, never a 0
    host.signal(SIGTERM);
    CHECK(host.wait() == 0);
  } catch (const std::runtime_error& error) {
    if (host.wait() != 77) FAIL(error.what());
    WARN("skipped: no mount namespace here");
  }
}

TEST_CASE("serving: more requests than --web.max-requests are sent away, and places come back") {
  const TemporaryTree tree;
  tree.write("proc/sys/net/x", "");
  HangingMount sysctl(tree.path("proc/sys"), HangingMount::Hangs::everything);
  if (!sysctl.refused().empty()) {
    WARN("skipped, no FUSE mount here: " << sysctl.refused());
    return;
  }
  RunningProgram host = start({"--web.listen-address=127.0.0.1:0", "--path.procfs=" + tree.path("proc"), "--scrape.timeout=1s",
                               "--web.max-requests=1", "--collector.disable-defaults", "--collector.conntrack"});
  WebClient first(host.address());
  first.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
  std::this_thread::sleep_for(100ms);
  WebClient second(host.address());
  WebResponse refused;
  CHECK(eventually([&] { return (refused = second.get("/metrics?exclude[]=conntrack")).code == 503; }));
  CHECK(refused.header("Retry-After") == "1");
  CHECK_THAT(refused.body, Contains("--web.max-requests"));
  CHECK(second.get("/-/healthy").code == 200);  // only metrics are counted
  CHECK(first.receive().code == 200);
  CHECK(eventually([&] { return second.get("/metrics").code == 200; }));
}

TEST_CASE("serving: the page is the same in another locale and another time zone") {
  const auto page = [](std::map<std::string, std::string> environment) {
    RunningProgram host =
        start({"--web.listen-address=127.0.0.1:0", "--path.procfs=" + fixture_host().procfs, "--collector.disable-defaults",
               "--collector.loadavg", "--collector.meminfo", "--collector.vmstat"},
              {.environment = std::move(environment)});
    std::string text = metrics(host.address(), "?exclude[]=none");
    text = metrics(host.address());
    CHECK_THAT(host.log(), Contains("Z level=info"));
    return text.substr(0, text.find("# HELP finwatch_build_info"));
  };
  const std::string here = page({{"TZ", "UTC"}, {"LC_ALL", "C"}});
  CHECK_THAT(here, Contains("node_load1 0.52"));
  CHECK(page({{"TZ", "Asia/Shanghai"}, {"LC_ALL", "zh_CN.UTF-8"}}) == here);
  CHECK(page({{"TZ", "America/New_York"}, {"LC_ALL", "de_DE.UTF-8"}, {"LANG", "de_DE.UTF-8"}}) == here);
}
