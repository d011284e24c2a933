#include <unistd.h>

#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo process_groups_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::process_groups_collector;

namespace {

Tree scalar(std::string text) { return {.kind = Tree::Kind::scalar, .where = {"config.yml", 3, 7}, .scalar = std::move(text)}; }
Tree list(std::vector<Tree> items) {
  return {.kind = Tree::Kind::list, .where = {"config.yml", 2, 5}, .items = std::move(items)};
}
Tree map(const std::vector<std::pair<std::string, Tree>>& entries) {
  Tree tree{.kind = Tree::Kind::map, .where = {"config.yml", 1, 1}};
  for (const auto& [key, value] : entries) {
    tree.keys.push_back(key);
    tree.key_where.push_back(value.where);
    tree.items.push_back(value);
  }
  return tree;
}
Tree groups(std::vector<Tree> rules) { return map({{"groups", list(std::move(rules))}}); }

std::string refused(const Tree& section) {
  try {
    KeptCollector(process_groups_collector, fixture_host(), {}, &section);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

/// A process on a tree: what of it can be told.
struct Fake {
  int pid = 0;
  std::string comm;
  std::string cmdline;
  char state = 'S';
  int ticks = 0;  // user; as many system, minor and major faults
  int start = 100;
  int read_bytes = 0;
};
void put(const TemporaryTree& tree, const Fake& fake) {
  const std::string folder = "proc/" + std::to_string(fake.pid) + "/";
  const std::string ticks = std::to_string(fake.ticks);
  tree.write(folder + "stat", std::to_string(fake.pid) + " (" + fake.comm + ") " + fake.state + " 1 1 1 0 -1 0 " + ticks +
                                  " 0 " + ticks + " 0 " + ticks + " " + ticks + " 0 0 20 0 2 0 " + std::to_string(fake.start) +
                                  " 8192 1 0 0 0\n");
  tree.write(folder + "cmdline", fake.cmdline);
  tree.write(folder + "status", "Name:\t" + fake.comm + "\nVmSwap:\t       4 kB\nvoluntary_ctxt_switches:\t" + ticks +
                                    "\nnonvoluntary_ctxt_switches:\t" + ticks + "\n");
  tree.write(folder + "io",
             "rchar: 9\nread_bytes: " + std::to_string(fake.read_bytes) + "\nwrite_bytes: 7\ncancelled_write_bytes: 3\n");
  tree.write(folder + "limits",
             "Limit Soft Hard Units\nMax open files            8                    16                   files\n");
  tree.write(folder + "fd/0", "");
  tree.write(folder + "fd/1", "");
}
void put_kernel(const TemporaryTree& tree, double uptime) {
  tree.write("proc/uptime", std::to_string(uptime) + " 1.00\n");
  tree.write("proc/stat", "cpu 1 2 3\nbtime 1700000000\n");
  put(tree, {.pid = 1, .comm = "init", .cmdline = {}});
}

bool has(const Collected& got, const std::string& line) { return got.samples.find(line + "\n") != std::string::npos; }

const std::string kNull(1, '\0');

}  // namespace

TEST_CASE("process_groups: the fixture machine") {
  const Tree section = groups({map({{"name", scalar("oracle")}, {"cmdline", list({scalar("^ora_\\w+_nc")})}}),
                               map({{"name", scalar("nc-{{.Matches.server}}")},
                                    {"comm", list({scalar("java")})},
                                    {"cmdline", list({scalar("-Dnc\\.server\\.name=(?P<server>\\w+)")})}}),
                               map({{"exe", list({scalar("/usr/bin/备份"), scalar("sshd")})}}),
                               map({{"name", scalar("weblogic")}, {"comm", list({scalar("weblogic")})}})});
  const Collected got = collect(process_groups_collector, fixture_host(), {}, &section);
  REQUIRE(got.status);
  // When the machine booted is said in another collector's fixture.
  std::string page;
  for (std::size_t at = 0; at < got.page.size();) {
    const std::size_t end = got.page.find('\n', at) + 1;
    if (got.page.substr(at, end - at).find("oldest_start_time") == std::string::npos) page += got.page.substr(at, end - at);
    at = end;
  }
  CHECK(compare_golden("host/process_groups.prom", page) == "");
}

TEST_CASE("process_groups: nothing configured is no data") {
  CHECK(collect(process_groups_collector, fixture_host()).status.error().code == Errc::no_data);
  const Tree section = groups({});
  CHECK(collect(process_groups_collector, fixture_host(), {}, &section).status.error().code == Errc::no_data);
}

TEST_CASE("process_groups: a rule that cannot be is refused where it stands") {
  CHECK(refused(map({{"groups", scalar("oracle")}})) == "config.yml:3:7: groups: expected a list of rules");
  CHECK(refused(groups({scalar("x")})) == "config.yml:3:7: expected a rule with name, comm, exe or cmdline");
  CHECK(refused(groups({map({{"name", scalar("x")}})})) == "config.yml:1:1: expected at least one of comm, exe and cmdline");
  CHECK(refused(groups({map({{"command", list({scalar("x")})}})})) ==
        "config.yml:2:5: 'command' is unknown here; expected name, comm, exe or cmdline");
  CHECK(refused(groups({map({{"comm", list({})}})})) == "config.yml:2:5: comm: expected a list of texts");
  CHECK(refused(groups({map({{"cmdline", list({scalar("(")})}})})).starts_with("config.yml:2:5: cmdline: "));
  CHECK(refused(groups({map({{"name", scalar("{{.PID}}")}, {"comm", scalar("x")}})})) ==
        "config.yml:3:7: name: '{{.PID}}' is unknown; expected {{.Comm}}, {{.ExeBase}}, {{.ExeFull}} or {{.Matches.name}}");
  CHECK(refused(groups({map({{"name", scalar("{{.Matches.x}}")}, {"comm", scalar("x")}})})) ==
        "config.yml:3:7: name: no expression of cmdline has a group (?P<x>…)");
  CHECK(refused(groups({map({{"name", scalar("a {{.Comm")}, {"comm", scalar("x")}})})) ==
        "config.yml:3:7: name: '{{' without '}}'");
}

TEST_CASE("process_groups: counters begin at 0 and keep what ended processes did") {
  const TemporaryTree tree;
  put_kernel(tree, 1000);
  put(tree, {.pid = 7, .comm = "db", .ticks = 1000, .start = 100, .read_bytes = 5000});
  const Tree section = groups({map({{"name", scalar("db")}, {"comm", scalar("db")}})});
  KeptCollector collector(process_groups_collector, tree.env(), {}, &section);
  Collected got = collector.collect();
  REQUIRE(got.status);
  CHECK(has(got, "namedprocess_namegroup_num_procs{groupname=\"db\"} 1"));
  CHECK(has(got, "namedprocess_namegroup_cpu_seconds_total{groupname=\"db\",mode=\"user\"} 0"));
  CHECK(has(got, "namedprocess_namegroup_read_bytes_total{groupname=\"db\"} 0"));
  CHECK(has(got, "namedprocess_namegroup_oldest_start_time_seconds{groupname=\"db\"} 1700000001"));
  CHECK(has(got, "namedprocess_namegroup_open_filedesc{groupname=\"db\"} 2"));
  CHECK(has(got, "namedprocess_namegroup_worst_fd_ratio{groupname=\"db\"} 0.25"));
  CHECK(has(got, "namedprocess_namegroup_memory_bytes{groupname=\"db\",memtype=\"swapped\"} 4096"));

  put_kernel(tree, 1060);
  put(tree, {.pid = 7, .comm = "db", .ticks = 1100, .start = 100, .read_bytes = 6000});
  put(tree, {.pid = 8, .comm = "db", .ticks = 50, .start = 103000, .read_bytes = 10});  // began between the two scrapes
  got = collector.collect();
  CHECK(has(got, "namedprocess_namegroup_num_procs{groupname=\"db\"} 2"));
  CHECK(has(got, "namedprocess_namegroup_cpu_seconds_total{groupname=\"db\",mode=\"user\"} 1.5"));
  CHECK(has(got, "namedprocess_namegroup_read_bytes_total{groupname=\"db\"} 1010"));
  CHECK(has(got, "namedprocess_namegroup_context_switches_total{groupname=\"db\",ctxswitchtype=\"voluntary\"} 150"));

  put_kernel(tree, 1120);
  tree.remove("proc/7");
  tree.remove("proc/8");
  put(tree, {.pid = 8, .comm = "db", .ticks = 20, .start = 110000, .read_bytes = 1});  // the number has a new owner
  got = collector.collect();
  CHECK(has(got, "namedprocess_namegroup_num_procs{groupname=\"db\"} 1"));
  CHECK(has(got, "namedprocess_namegroup_cpu_seconds_total{groupname=\"db\",mode=\"user\"} 1.7"));
  CHECK(has(got, "namedprocess_namegroup_read_bytes_total{groupname=\"db\"} 1011"));

  tree.remove("proc/8");
  got = collector.collect();
  CHECK(has(got, "namedprocess_namegroup_num_procs{groupname=\"db\"} 0"));
  CHECK(has(got, "namedprocess_namegroup_cpu_seconds_total{groupname=\"db\",mode=\"user\"} 1.7"));
  CHECK(has(got, "namedprocess_namegroup_states{groupname=\"db\",state=\"Sleeping\"} 0"));
  CHECK(got.samples.find("oldest_start_time") == std::string::npos);
}

TEST_CASE("process_groups: a young process may become another program") {
  const TemporaryTree tree;
  put_kernel(tree, 1000);
  put(tree, {.pid = 7, .comm = "bash", .cmdline = "bash" + kNull, .start = 99900});
  const Tree section = groups({map({{"name", scalar("db")}, {"comm", scalar("db")}})});
  KeptCollector collector(process_groups_collector, tree.env(), {}, &section);
  CHECK(collector.collect().samples == "namedprocess_namegroup_num_procs{groupname=\"db\"} 0\n");
  put(tree, {.pid = 7, .comm = "db", .start = 99900});
  CHECK(has(collector.collect(), "namedprocess_namegroup_num_procs{groupname=\"db\"} 1"));
}

TEST_CASE("process_groups: names from the process, and the first rule that agrees") {
  const TemporaryTree tree;
  put_kernel(tree, 1000);
  put(tree, {.pid = 2, .comm = "java", .cmdline = "/opt/jdk/bin/java" + kNull + "-Dport=80" + kNull});
  put(tree, {.pid = 3, .comm = "java", .cmdline = "java" + kNull + "-x" + kNull});
  put(tree, {.pid = 4, .comm = "a very long nam", .cmdline = "\xff\xfe" + kNull});
  put(tree, {.pid = 5, .comm = "kworker/0:1", .cmdline = {}});
  const Tree section =
      groups({map({{"name", scalar("{{.Comm}}:{{ .Matches.port }}")}, {"cmdline", list({scalar("port=(?P<port>\\d+)")})}}),
              map({{"exe", list({scalar("java")})}}),
              map({{"name", scalar("{{.ExeFull}}")}, {"comm", list({scalar("a very long name in the file")})}})});
  const Collected got = collect(process_groups_collector, tree.env(), {}, &section);
  REQUIRE(got.status);
  CHECK(has(got, "namedprocess_namegroup_num_procs{groupname=\"java:80\"} 1"));
  CHECK(has(got, "namedprocess_namegroup_num_procs{groupname=\"java\"} 1"));
  CHECK(has(got, "namedprocess_namegroup_num_procs{groupname=\"\xEF\xBF\xBD\xEF\xBF\xBD\"} 1"));
}

TEST_CASE("process_groups: the number of groups is bounded") {
  const TemporaryTree tree;
  put_kernel(tree, 1000);
  for (int pid = 100; pid < 400; ++pid)
    put(tree, {.pid = pid, .comm = "w" + std::to_string(pid), .cmdline = "w" + std::to_string(pid) + kNull});
  const Tree section = groups({map({{"cmdline", list({scalar("^w")})}})});
  const Collected got = collect(process_groups_collector, tree.env(), {}, &section);
  REQUIRE(got.status);
  CHECK(has(got, "namedprocess_namegroup_num_procs{groupname=\"other\"} 45"));
}

TEST_CASE("process_groups: what cannot be read has no sample") {
  const TemporaryTree tree;
  put_kernel(tree, 1000);
  put(tree, {.pid = 7, .comm = "db"});
  tree.remove("proc/7/io");
  tree.remove("proc/7/fd");
  tree.remove("proc/7/limits");
  const Tree section = groups({map({{"name", scalar("db")}, {"comm", scalar("db")}})});
  const Collected got = collect(process_groups_collector, tree.env(), {}, &section);
  REQUIRE(got.status);
  CHECK(got.samples.find("read_bytes") == std::string::npos);
  CHECK(got.samples.find("filedesc") == std::string::npos);
  CHECK(has(got, "namedprocess_namegroup_num_threads{groupname=\"db\"} 2"));
}

TEST_CASE("process_groups: a /proc that hides processes is no empty group") {
  const TemporaryTree tree;
  put_kernel(tree, 1000);
  put(tree, {.pid = 7, .comm = "db"});
  tree.remove("proc/1");
  const Tree section = groups({map({{"name", scalar("db")}, {"comm", scalar("db")}})});
  CHECK(collect(process_groups_collector, tree.env(), {}, &section).status.error().code == Errc::permission);
}

TEST_CASE("process_groups: this very process on the live machine") {
  const Tree section = groups({map({{"name", scalar("tests")}, {"comm", scalar("test_host")}})});
  KeptCollector collector(process_groups_collector, Env{}, {}, &section);
  Collected got = collector.collect();
  if (!got.status) return;  // hidepid
  got = collector.collect();
  CHECK(got.samples.find("namedprocess_namegroup_num_procs{groupname=\"tests\"}") != std::string::npos);
  CHECK(got.samples.find("namedprocess_namegroup_open_filedesc{groupname=\"tests\"}") != std::string::npos);
}
