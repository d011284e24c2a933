#include "support/catch.h"
#include "support/collector_test.h"

#include <cstring>

#include "host/sources/uname_call.h"

namespace finwatch::host {
extern const CollectorInfo uname_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::uname_collector;

namespace {

int kylin_server(utsname& into) {
  std::strcpy(into.sysname, "Linux");
  std::strcpy(into.nodename, "erp-db-01");
  std::strcpy(into.release, "4.19.90-52.22.v2207.ky10.x86_64");
  std::strcpy(into.version, "#1 SMP Tue Mar 14 12:19:10 CST 2023");
  std::strcpy(into.machine, "x86_64");
  std::strcpy(into.domainname, "(none)");
  return 0;
}

}  // namespace

TEST_CASE("uname: what the kernel answers, as labels") {
  const TemporaryTree tree;
  const Env env = tree.env();
  env.shared<host::UnameCall>()->replace(kylin_server);
  const Collected got = collect(uname_collector, env);
  REQUIRE(got.status);
  CHECK(compare_golden("host/uname.prom", got.page).empty());
}

TEST_CASE("uname: a machine that is renamed has its new name at the next scrape") {
  const TemporaryTree tree;
  const Env env = tree.env();
  const auto call = env.shared<host::UnameCall>();
  call->replace(kylin_server);
  KeptCollector collector(uname_collector, env);
  CHECK(collector.collect().samples.find("nodename=\"erp-db-01\"") != std::string::npos);
  call->replace([](utsname& into) {
    kylin_server(into);
    std::strcpy(into.nodename, "erp-db-02");
    return 0;
  });
  CHECK(collector.collect().samples.find("nodename=\"erp-db-02\"") != std::string::npos);
}

TEST_CASE("uname: a call that is refused is an error, the real one is not") {
  const TemporaryTree tree;
  const Env env = tree.env();
  env.shared<host::UnameCall>()->replace([](utsname&) { return EPERM; });
  CHECK(collect(uname_collector, env).status.error().code == Errc::permission);

  utsname name{};
  REQUIRE(::uname(&name) == 0);
  const Collected got = collect(uname_collector, Env{});
  REQUIRE(got.status);
  CHECK(got.samples.find("release=\"" + std::string(name.release) + "\"") != std::string::npos);
}
