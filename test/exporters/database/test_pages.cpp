// docs/collectors/<name>.md end in tables that come from the catalogue, and the catalogue names everything once.
#include <set>

#include "catalogue.h"
#include "database/assembly.h"
#include "database/collectors.h"
#include "support/catch.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::database;

namespace {

std::vector<const CollectorInfo*> everything() {
  std::vector<const CollectorInfo*> all(Assembler::collector_infos().begin(), Assembler::collector_infos().end());
  all.insert(all.end(), Assembler::always().begin(), Assembler::always().end());
  return all;
}

}  // namespace

TEST_CASE("database pages: the tables of every collector's page are what the catalogue says") {
  const std::vector<const CollectorInfo*> all = everything();
  const CatalogueSource source{"finwatch-database", "finwatch", "", all};
  const auto stale = stale_pages(source, test::test_folder("../docs/collectors"));
  REQUIRE((stale ? std::string() : stale.error().message) == "");
  for (const StalePage& page : *stale)
    FAIL_CHECK(page.path << " is out of date; run: build/dev/bin/finwatch-database --catalogue.pages=docs/collectors");
}

TEST_CASE("database catalogue: a family belongs to one collector, and begins with the labels of its kind") {
  std::set<std::string_view> names;
  for (const CollectorInfo* info : everything())
    for (const MetricRef& metric : info->metrics) {
      CAPTURE(info->name, metric.name);
      CHECK(names.insert(metric.name).second);
      if (metric.name == "finwatch_config_queries_disabled") continue;  // of the file, not of a target
      const bool ours = metric.name.starts_with("finwatch_db_");
      const bool established = metric.name.starts_with("pg_") || metric.name.starts_with("mysql_");
      CHECK((ours || established));
      REQUIRE(metric.labels.size() >= (ours ? 2U : 1U));
      CHECK(metric.labels[0] == "target");
      if (ours) CHECK(metric.labels[1] == "engine");
    }
}

TEST_CASE("database collectors: each has a lane, an engine, a reader and a summary") {
  for (const DatabaseCollector* row : collectors()) {
    CAPTURE(row->info.name);
    CHECK(row->make != nullptr);
    CHECK((row->engines & kEveryEngine) != 0);
    CHECK(row->info.summary.ends_with('.'));
    CHECK_FALSE(row->info.metrics.empty());
    const bool established = row->info.name.starts_with("pg_") || row->info.name.starts_with("mysql_");
    for (const MetricRef& metric : row->info.metrics) CHECK(metric.name.starts_with("finwatch_db_") != established);
  }
}
