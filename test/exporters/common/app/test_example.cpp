// The example program: a collector of ours behind prometheus-cpp's Exposer, scraped over HTTP.
#include <signal.h>
#include <unistd.h>

#include "support/catch.h"
#include "support/page_check.h"
#include "support/program.h"
#include "support/web_client.h"

using namespace finwatch::test;
using Catch::Matchers::Contains;

TEST_CASE("example: load averages come from an Exposer") {
  if (::access(program_path("finwatch_example_exposer").c_str(), X_OK) != 0) {
    WARN("skipped: built without prometheus-cpp::pull");
    return;
  }
  RunningProgram exposer("finwatch_example_exposer", {"127.0.0.1:0"});
  WebClient client(exposer.address());
  for (int scrape = 0; scrape < 3; ++scrape) {
    const WebResponse page = client.get("/metrics");
    REQUIRE(page.code == 200);
    CHECK_THAT(page.body, Contains("\nnode_load1 ") && Contains("\nnode_load5 ") && Contains("\nnode_load15 "));
    CHECK_THAT(page.body, Contains("finwatch_scrape_collector_success{collector=\"loadavg\"} 1"));
    CHECK_THAT(page.body, Contains("# TYPE node_load1 gauge"));
  }
  exposer.signal(SIGTERM);
  CHECK(exposer.wait() == 0);
}
