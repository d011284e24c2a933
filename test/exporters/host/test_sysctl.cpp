#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo sysctl_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::sysctl_collector;

TEST_CASE("sysctl: the fixture machine") {
  const Collected got = collect(
      sysctl_collector, fixture_host(),
      {{"collector.sysctl.include", "vm.swappiness,net.ipv4.tcp_rmem,kernel.sem:semmsl,semmns,semopm,semmni,vm.nr_hugepages"},
       {"collector.sysctl.include-info", "kernel.seccomp.actions_avail,kernel.hostname"}});
  REQUIRE(got.status);
  CHECK(compare_golden("host/sysctl.prom", got.page) == "");
}

TEST_CASE("sysctl: nothing asked for is no data") {
  CHECK(collect(sysctl_collector, fixture_host()).status.error().code == Errc::no_data);
}

TEST_CASE("sysctl: a parameter that is not there, or is text, costs only itself") {
  const TemporaryTree tree;
  tree.write("proc/sys/vm/swappiness", "10\n");
  tree.write("proc/sys/kernel/ostype", "Linux\n");
  tree.write("proc/sys/kernel/empty", "");
  const Collected got = collect(sysctl_collector, tree.env(),
                                {{"collector.sysctl.include", "kernel.gone,kernel.ostype,kernel.empty,vm.swappiness"}});
  REQUIRE(got.status);
  CHECK(got.samples == "node_sysctl_vm_swappiness 10\n");
}

TEST_CASE("sysctl: when none can be read the reason is told") {
  const TemporaryTree tree;
  const std::map<std::string, std::string> flags{{"collector.sysctl.include", "kernel.x"}};
  CHECK(collect(sysctl_collector, tree.env(), flags).status.error().code == Errc::no_data);
  tree.write("proc/sys/kernel/x", "words only\n");
  CHECK(collect(sysctl_collector, tree.env(), flags).status.error().code == Errc::malformed);
}

TEST_CASE("sysctl: too many or too few names for the numbers") {
  const TemporaryTree tree;
  tree.write("proc/sys/kernel/sem", "1 2 3 4\n");
  CHECK(collect(sysctl_collector, tree.env(), {{"collector.sysctl.include", "kernel.sem:a,b"}}).status.error().code ==
        Errc::malformed);
}

TEST_CASE("sysctl: a device name with a dot is written with slashes, and large numbers fit") {
  const TemporaryTree tree;
  tree.write("proc/sys/net/ipv4/conf/eth0.100/forwarding", "1\n");
  tree.write("proc/sys/kernel/shmmax", "18446744073692774399\n");
  const Collected got =
      collect(sysctl_collector, tree.env(), {{"collector.sysctl.include", "net/ipv4/conf/eth0.100/forwarding,kernel.shmmax"}});
  CHECK(got.samples == "node_sysctl_net_ipv4_conf_eth0_100_forwarding 1\nnode_sysctl_kernel_shmmax 18446744073692774400\n");
}

TEST_CASE("sysctl: names that cannot be are configuration errors") {
  const std::string name = GENERATE(as<std::string>{}, "../../etc/passwd", "/etc/passwd", ":a", "vm.swappiness,vm.swappiness",
                                    "vm.a_b,vm.a.b", "kernel.sem:a,a");
  CHECK_THROWS(KeptCollector(sysctl_collector, fixture_host(), {{"collector.sysctl.include", name}}));
}

TEST_CASE("sysctl: the words of a text cannot be named") {
  CHECK_THROWS(KeptCollector(sysctl_collector, fixture_host(), {{"collector.sysctl.include-info", "kernel.sem:a,b"}}));
}
