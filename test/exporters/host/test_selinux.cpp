#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo selinux_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::selinux_collector;

TEST_CASE("selinux: the fixture machine") {
  const Collected got = collect(selinux_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/selinux.prom", got.page) == "");
}

TEST_CASE("selinux: a machine without it says so") {
  const TemporaryTree tree;
  const Collected got = collect(selinux_collector, tree.env());
  REQUIRE(got.status);
  CHECK(got.samples == "node_selinux_enabled 0\n");
}

TEST_CASE("selinux: the configured mode") {
  const auto [config, mode] = GENERATE(table<std::string, std::string>({{"SELINUX=enforcing\n", "1"},
                                                                        {"# SELINUX=enforcing\n SELINUX=permissive \n", "0"},
                                                                        {"SELINUXTYPE=targeted\nSELINUX=disabled\n", "-1"},
                                                                        {"garbage", "-1"}}));
  const TemporaryTree tree;
  tree.write("sys/fs/selinux/enforce", "0");
  tree.write("root/etc/selinux/config", config);
  CHECK(collect(selinux_collector, tree.env()).samples ==
        "node_selinux_enabled 1\nnode_selinux_config_mode " + mode + "\nnode_selinux_current_mode 0\n");
}

TEST_CASE("selinux: garbage is malformed") {
  const TemporaryTree tree;
  tree.write("sys/fs/selinux/enforce", GENERATE(as<std::string>{}, "", "2", "yes"));
  CHECK(collect(selinux_collector, tree.env()).status.error().code == Errc::malformed);
}
