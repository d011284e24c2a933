// The catalogue: every metric a program may emit, as JSON for tools and as Markdown for people.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "run/collector.h"

namespace finwatch {

struct CatalogueSource {
  std::string_view program;
  std::string_view meta_prefix;
  std::string_view compatible_build_info;  // see OwnMetrics::Names
  std::span<const CollectorInfo* const> collectors;
};

/// {"program":…,"version":…,"collectors":[{"name":…,"summary":…,"default":true,"flags":[…],"metrics":[…]}]}; one metric a line.
std::string catalogue_json(const CatalogueSource& source);

/// Metric and flag tables of one collector.
std::string catalogue_markdown(const CollectorInfo& info);

/// Every collector's tables, one heading each.
std::string catalogue_markdown(const CatalogueSource& source);

/// A page whose tables are not what the catalogue says.
struct StalePage {
  std::string path;
  std::string fresh;  // the whole page as it should be
};

/// The pages <folder>/<collector>.md whose part below the marker line is out of date. Changes nothing.
Result<std::vector<StalePage>> stale_pages(const CatalogueSource& source, const std::string& folder);

/// Writes them. Returns how many there were.
Result<int> update_pages(const CatalogueSource& source, const std::string& folder);

}  // namespace finwatch
