// docs/collectors/<name>.md end in tables that come from the catalogue.
#include "catalogue.h"
#include "host/collectors.h"
#include "support/catch.h"
#include "support/test_folder.h"

using namespace finwatch;

TEST_CASE("pages: the tables of every collector's page are what the catalogue says") {
  const CatalogueSource source{"finwatch-host", "node", "node_exporter_build_info", host::collectors()};
  const auto stale = stale_pages(source, test::test_folder("../docs/collectors"));
  REQUIRE((stale ? std::string() : stale.error().message) == "");
  for (const StalePage& page : *stale)
    FAIL_CHECK(page.path << " is out of date; run: build/dev/bin/finwatch-host --catalogue.pages=docs/collectors");
}
