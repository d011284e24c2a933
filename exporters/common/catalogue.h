// The catalogue: every metric a program may emit, as JSON for tools and as Markdown for people.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "run/collector.h"

namespace finwatch {

struct CatalogueSource {
  std::string_view program;
  std::string_view meta_prefix;
  std::span<const CollectorInfo* const> collectors;
};

/// {"program":…,"version":…,"collectors":[{"name":…,"summary":…,"default":true,"flags":[…],"metrics":[…]}]}; one metric a line.
std::string catalogue_json(const CatalogueSource& source);

/// Metric and flag tables of one collector.
std::string catalogue_markdown(const CollectorInfo& info);

/// Every collector's tables, one heading each.
std::string catalogue_markdown(const CatalogueSource& source);

/// Writes each collector's tables below the marker line of <folder>/<collector>.md. Returns how many files changed.
Result<int> update_pages(const CatalogueSource& source, const std::string& folder);

}  // namespace finwatch
