#include "host/sources/family_claims.h"

#include <algorithm>

#include "host/collectors.h"

namespace finwatch::host {
namespace {

// Names of the program itself, of the scrape, and of what Prometheus adds to every target.
constexpr std::string_view kOwnBeginnings[] = {"finwatch_", "process_", "node_scrape_", "node_exporter_", "scrape_"};
constexpr std::string_view kOfPrometheus = "up";

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

ReservedNames::ReservedNames() {
  for (const CollectorInfo* info : collectors())
    for (const MetricRef& metric : info->metrics)
      for (std::string& claim : family_claims(metric.type, metric.name)) {
        if (claim.find('*') == std::string::npos)
          names_.insert(std::move(claim));
        else
          patterns_.push_back(std::move(claim));
      }
}

bool ReservedNames::hold(MetricType type, std::string_view name) const {
  for (const std::string& claim : family_claims(type, name))
    if (hold(claim)) return true;
  return false;
}

bool ReservedNames::hold(const std::string& claim) const {
  if (claim == kOfPrometheus || names_.contains(claim)) return true;
  for (const std::string_view beginning : kOwnBeginnings)
    if (claim.starts_with(beginning)) return true;
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const std::string& pattern) { return name_matches(pattern, claim); });
}

}  // namespace finwatch::host
