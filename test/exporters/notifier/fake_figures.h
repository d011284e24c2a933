// A contract and figures to fill, and the page that a collector makes of them.
//
//   FakeFigures fake;
//   fake.figures.leads = true;
//   CHECK(fake.samples(journal_collector) == "finwatch_notifier_leads 1\n…");
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>

#include "core/sink.h"
#include "notifier/collector.h"
#include "support/catch.h"

namespace finwatch::notifier {

using namespace std::chrono_literals;

struct FakeFigures {
  Contract contract;
  Figures figures;
  std::deque<Incident> incidents;
  WallTime now{std::chrono::seconds{1'700'000'000}};  // 15 November 2023, 06:13:20 in Shanghai

  FakeFigures() {
    auto zone = Zone::find("Asia/Shanghai");
    REQUIRE(zone);
    contract.zone = *zone;
    contract.classes["ordinary"] = {.id = "ordinary", .name = {}, .answer = 30min, .first_diagnosis = {}, .solve = 4h};
    contract.classes["major"] = {.id = "major", .name = {}, .answer = {}, .first_diagnosis = 2h, .solve = {}};
    contract.severities["light"] = {.id = "light", .name = {}, .policy = "by_mail"};
    contract.services.push_back({.id = "reports", .name = {}, .fault_class = "ordinary"});
    contract.channels.sms.emplace();
    figures.leads = true;
  }

  Incident& open(std::int64_t id, std::string_view fault_class, std::chrono::seconds ago) {
    Incident& incident = incidents.emplace_back();
    incident.id = id;
    incident.fault_class = fault_class;
    incident.severity = "light";
    incident.began = now - ago;
    return incident;
  }

  /// The samples; every family is one that the collector declares, of the same type, and none comes twice.
  std::string samples(const NotifierCollector& collector) const {
    Casebook casebook(std::make_shared<Contract>(contract), {}, now);
    casebook.restore({incidents.begin(), incidents.end()}, {}, 0);
    Counters counters;
    Decisions decided(counters);
    casebook.tick(now, decided);
    Figures shown = figures;
    shown.open = overview(casebook, contract, now);
    MetricSink sink;
    collector.write({shown, contract, now}, sink);
    std::vector<std::string_view> seen;
    for (const MetricSink::Mark& mark : sink.marks()) {
      if (mark.kind != MetricSink::Mark::Kind::family) continue;
      const std::string_view name = sink.name_of(mark);
      CAPTURE(name);
      const auto declared = std::find_if(collector.info.metrics.begin(), collector.info.metrics.end(),
                                         [&](const MetricRef& metric) { return metric.name == name; });
      REQUIRE(declared != collector.info.metrics.end());
      CHECK(declared->type == mark.type);
      CHECK(std::find(seen.begin(), seen.end(), name) == seen.end());
      seen.push_back(name);
    }
    return std::string(sink.samples());
  }
};

/// Those lines of a page that begin so.
inline std::string lines_of(std::string_view page, std::string_view begin) {
  std::string lines;
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size() - 1) + 1;
    if (page.starts_with(begin)) lines += page.substr(0, end);
    page.remove_prefix(end);
  }
  return lines;
}

}  // namespace finwatch::notifier
