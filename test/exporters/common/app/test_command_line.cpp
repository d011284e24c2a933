// What finwatch-host answers at once: help, version, catalogue, and what is wrong with its flags and files.
#include "host/collectors.h"
#include "support/catch.h"
#include "support/program.h"

using namespace finwatch;
using namespace finwatch::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::string_view kHost = "finwatch-host";

Ended run(std::vector<std::string> arguments, const ProgramSetup& setup = {}) {
  return run_program_once(kHost, std::move(arguments), setup);
}

/// What --config.check says of a configuration file.
Ended check(const std::string& text, std::vector<std::string> more = {}) {
  const TemporaryTree tree;
  tree.write("host.yml", text);
  more.emplace_back("--config.check");
  more.push_back("--config.file=" + tree.path("host.yml"));
  Ended ended = run(std::move(more));
  for (std::size_t at = 0; (at = ended.error.find(tree.path("host.yml"))) != std::string::npos;)
    ended.error.replace(at, tree.path("host.yml").size(), "host.yml");
  return ended;
}

}  // namespace

TEST_CASE("command line: help lists every flag, in lines that fit a terminal") {
  for (const char* spelling : {"--help", "-h", "--help-long", "--help-man"}) {
    const Ended help = run({spelling});
    CHECK(help.status == 0);
    CHECK(help.error.empty());
    CHECK_THAT(help.out, StartsWith("finwatch-host: Metrics of a Linux server"));
    for (const char* flag : {"--config.file=TEXT", "--[no-]collector.loadavg", "--web.listen-address", "--path.procfs=TEXT"})
      CHECK_THAT(help.out, Contains(flag));
    for (const char* hidden : {"gomaxprocs", "collector.zfs", "help-man"}) CHECK_THAT(help.out, !Contains(hidden));
  }
}

TEST_CASE("command line: the version names the program, the revision and the compiler") {
  const Ended version = run({"--version"});
  CHECK(version.status == 0);
  CHECK_THAT(version.out, StartsWith("finwatch-host, version ") && Contains("revision") && Contains("compiler: "));
}

TEST_CASE("command line: what is wrong with a flag is said in one line, with the nearest right word, and the status is 2") {
  const auto error = [](const std::string& flag) {
    const Ended ended = run({flag});
    CHECK(ended.status == 2);
    CHECK(ended.out.empty());
    return ended.error;
  };
  CHECK(error("--web.listen-adress=:0") ==
        "finwatch-host: unknown flag --web.listen-adress; did you mean 'web.listen-address'? --help lists them\n");
  CHECK_THAT(error("--no-collector.loadvg"), Contains("unknown flag --no-collector.loadvg"));
  CHECK_THAT(error("9100"), Contains("expected a flag such as --help, found \"9100\""));
  CHECK_THAT(error("--log.level=loud"), Contains("--log.level: expected debug, info, warn or error, found \"loud\""));
  CHECK_THAT(error("--log.format=xml"), Contains("--log.format: expected logfmt or json"));
  CHECK_THAT(error("--catalogue=xml"), Contains("--catalogue: expected json or markdown"));
  CHECK_THAT(error("--scrape.timeout=5"), Contains("--scrape.timeout: expected a length of time such as 500ms"));
  CHECK_THAT(error("--scrape.timeout=0s"), Contains("--scrape.timeout: expected a length of time above 0"));
  CHECK_THAT(error("--web.telemetry-path=metrics"), Contains("a path that begins with /"));
  CHECK_THAT(error("--web.max-requests=-1"), Contains("0 or more"));
  CHECK_THAT(error("--web.max-requests"), Contains("--web.max-requests needs a value"));
  CHECK_THAT(error("--collector.loadavg=yes"), Contains("expected true or false"));
  CHECK_THAT(error("--collector.vmstat.fields=("), Contains("missing )"));
}

TEST_CASE("command line: an address that cannot be served is refused with the next step, and the status is 1") {
  const Ended ended = run({"--web.listen-address=9100"});
  CHECK(ended.status == 1);
  CHECK_THAT(ended.error, Contains("listen address \"9100\": the port is missing; write host:port"));
  CHECK_THAT(run({"--web.listen-address=vsock://:9100"}).error, Contains("vsock is not served"));
}

TEST_CASE("config.check: a good file is good, and so is none") {
  const Ended none = run({"--config.check"});
  CHECK(none.status == 0);
  CHECK(none.out == "the configuration is good\n");
  CHECK(check("collectors:\n  loadavg:\n    enabled: false\n  vmstat:\n    fields: ^oom_kill$\n").status == 0);
  CHECK(check("# nothing\n").status == 0);
}

TEST_CASE("config.check: a bad file is refused with file, line, column and the nearest right word") {
  const auto error = [](const std::string& text) {
    const Ended ended = check(text);
    CHECK(ended.status == 1);
    CHECK(ended.out.empty());
    return ended.error;
  };
  CHECK(error("collectors:\n  laodavg: {}\n") ==
        "finwatch-host: host.yml:2:3: collectors: unknown key 'laodavg'; did you mean 'loadavg'?\n");
  CHECK_THAT(error("colectors: {}\n"), Contains("host.yml:1:1: unknown key 'colectors'; did you mean 'collectors'?"));
  CHECK_THAT(error("collectors:\n  vmstat:\n    feilds: x\n"),
             Contains("host.yml:3:5: collectors.vmstat: unknown key 'feilds'; did you mean 'fields'?"));
  CHECK_THAT(error("collectors:\n  vmstat:\n    fields: '('\n"),
             Contains("host.yml:3:13: collectors.vmstat.fields: ") && Contains("missing )"));
  CHECK_THAT(error("collectors:\n  vmstat:\n    fields: [a, b]\n"), Contains("collectors.vmstat.fields: expected one value"));
  CHECK_THAT(error("collectors:\n  loadavg:\n    enabled: maybe\n"),
             Contains("host.yml:3:14: collectors.loadavg.enabled: expected true or false"));
  CHECK_THAT(error("collectors:\n  loadavg: {}\n  loadavg: {}\n"), Contains("host.yml:3:3: key 'loadavg' stands here again"));
  CHECK_THAT(error("collectors: [loadavg]\n"), Contains("host.yml:1:13: collectors: expected a map, found a list"));
  CHECK_THAT(error("collectors:\n  vmstat:\n    fields: ${FINWATCH_TEST_NOT_SET}\n"),
             Contains("host.yml:3:13: environment variable"));
  CHECK_THAT(run({"--config.check", "--config.file=/nonexistent/host.yml"}).error,
             Contains("no such file; give its path with --config.file"));
}

TEST_CASE("config.check: the environment fills in, and web-config.yml is checked as well") {
  const TemporaryTree tree;
  tree.write("host.yml", "collectors:\n  vmstat:\n    fields: ${FIELDS}\n");
  const std::string file = "--config.file=" + tree.path("host.yml");
  CHECK(run({"--config.check", file}, {.environment = {{"FIELDS", "^oom_kill$"}}}).status == 0);
  CHECK_THAT(run({"--config.check", file}, {.environment = {{"FIELDS", "("}}}).error,
             Contains("host.yml:3:13: collectors.vmstat.fields: what the environment makes of \"${FIELDS}\""));

  tree.write("web.yml", "basic_auth_user: {}\n");
  const Ended web = run({"--config.check", "--web.config.file=" + tree.path("web.yml")});
  CHECK(web.status == 1);
  CHECK_THAT(web.error, Contains("web.yml:1:1: ") && Contains("did you mean 'basic_auth_users'?"));
}

TEST_CASE("once: one page goes to standard output, and says when it could not be written") {
  const Ended once = run({"--once", "--collector.disable-defaults", "--collector.loadavg"});
  CHECK(once.status == 0);
  CHECK_THAT(once.out, Contains("\nnode_load1 ") && Contains("node_scrape_collector_success{collector=\"loadavg\"} 1"));
  CHECK_THAT(once.out, !Contains("node_vmstat"));
  const Ended full = run({"--once", "--collector.disable-defaults"}, {.before_start = [] {
                           if (std::freopen("/dev/full", "w", stdout) == nullptr) return;
                         }});
  CHECK(full.status == 1);
}

TEST_CASE("catalogue: it is JSON for every reader, and names every collector and metric") {
  const TemporaryTree tree;
  const Ended json = run({"--catalogue"});
  REQUIRE(json.status == 0);
  CHECK(json.out == run({"--catalogue=json"}).out);
  tree.write("catalogue.json", json.out);
  CHECK(std::system(("python3 -m json.tool " + tree.path("catalogue.json") + " > " + tree.path("pretty")).c_str()) == 0);
  for (const CollectorInfo* info : host::collectors())
    CHECK_THAT(json.out, Contains("{\"name\": \"" + std::string(info->name) + "\", \"default\": "));
  for (const char* name : {"node_load1", "node_exporter_build_info", "node_scrape_collector_success", "process_open_fds"})
    CHECK_THAT(json.out, Contains("{\"name\": \"" + std::string(name) + "\", \"type\": "));
  CHECK_THAT(run({"--catalogue=markdown"}).out, StartsWith("# finwatch-host\n") && Contains("\n## loadavg\n"));
}
