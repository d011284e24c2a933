#include "host/sources/family_claims.h"

#include "host/collectors.h"

namespace finwatch::host {
namespace {

// Names of the program itself, of the scrape, and of what Prometheus adds to every target.
constexpr std::string_view kOwnBeginnings[] = {"finwatch_", "process_", "node_scrape_", "node_exporter_", "scrape_"};
constexpr std::string_view kOfPrometheus = "up";

/// `claim` is among family_claims() of one of our families, in whose name a `*` may stand.
bool takes_up(const MetricRef& metric, std::string_view claim) {
  if (name_matches(metric.name, claim)) return true;
  const auto with = [&](std::string_view suffix) {
    return claim.ends_with(suffix) && name_matches(metric.name, claim.substr(0, claim.size() - suffix.size()));
  };
  const auto without = [&](std::string_view suffix) {
    return metric.name.ends_with(suffix) && name_matches(metric.name.substr(0, metric.name.size() - suffix.size()), claim);
  };
  switch (metric.type) {
    case MetricType::histogram: return with("_bucket") || with("_sum") || with("_count");
    case MetricType::summary: return with("_sum") || with("_count");
    case MetricType::counter: return without("_total");
    case MetricType::info: return without("_info");
    default: return false;
  }
}

}  // namespace

std::vector<std::string> family_claims(MetricType type, std::string_view name) {
  std::vector<std::string> claims{std::string(name)};
  const auto with = [&](std::string_view suffix) { claims.push_back(std::string(name).append(suffix)); };
  const auto without = [&](std::string_view suffix) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) claims.emplace_back(name.substr(0, name.size() - suffix.size()));
  };
  if (type == MetricType::histogram) with("_bucket");
  if (type == MetricType::histogram || type == MetricType::summary) {
    with("_sum");
    with("_count");
  }
  if (type == MetricType::counter) without("_total");
  if (type == MetricType::info) without("_info");
  return claims;
}

bool is_reserved(MetricType type, std::string_view name) {
  for (const std::string& claim : family_claims(type, name)) {
    if (claim == kOfPrometheus) return true;
    for (const std::string_view beginning : kOwnBeginnings)
      if (claim.starts_with(beginning)) return true;
    for (const CollectorInfo* info : collectors())
      for (const MetricRef& metric : info->metrics)
        if (takes_up(metric, claim)) return true;
  }
  return false;
}

}  // namespace finwatch::host
