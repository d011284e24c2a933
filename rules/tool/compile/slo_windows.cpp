#include <set>

#include "rules/tool/compile/slo.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr seconds kSample = interval_of(Speed::fast);

std::string window(seconds length) { return print_length(length); }

// The rate at which the budget goes: 1 spends all of it in exactly the objective's own time. There is a row for what failed only, so
// that a window of hours costs nothing while all is well; a window that maintenance has shortened counts whole.
SloRule burn(seconds length, const std::string& series) {
  return {"service:finwatch_slo_burn:ratio" + window(length),
          "sum_over_time(" + series + "[" + window(length) + "]) / " + std::to_string(length.count()),
          {},
          ""};
}

SloRule sum_of(const std::string& series, std::string_view over, std::string_view range, const std::string& when) {
  return {series + ":" + std::string(over), "sum_over_time(" + series + ":" + std::string(range) + ")" + when, {}, ""};
}

}  // namespace

void add_burn(SloRules& rules) {
  const std::string sample = " * " + std::to_string(kSample.count());
  const auto from_samples = [&](seconds length) {
    SloRule rule = burn(length, "service:finwatch_failure:burn");
    rule.expression += sample;
    return rule;
  };
  const auto failures = [](seconds length) {
    return SloRule{"service:finwatch_failures:count" + window(length),
                   "changes(service:finwatch_failure:timestamp_seconds[" + window(length) + "]) + 1",
                   {},
                   ""};
  };
  for (const seconds length : {seconds{300}, seconds{1800}, seconds{hours{1}}, seconds{hours{6}}})
    rules.slow.push_back(from_samples(length));
  for (const seconds length : {seconds{hours{1}}, seconds{hours{6}}}) rules.slow.push_back(failures(length));

  const std::string tumbling(kTumbling);
  rules.calm.push_back({"service:finwatch_slo_bad_seconds:sum10m",
                        "count_over_time(service:finwatch_failure:burn" + tumbling + ")" + sample,
                        {},
                        ""});
  rules.calm.push_back({"service:finwatch_slo_burn_seconds:sum10m",
                        "sum_over_time(service:finwatch_failure:burn" + tumbling + ")" + sample,
                        {},
                        ""});
  // Those that were not yet there in the sample before the ten minutes began.
  const std::string changes = "changes(service:finwatch_failure:timestamp_seconds[10m29s999ms])";
  rules.calm.push_back({"service:finwatch_failures:sum10m",
                        changes +
                            " + 1 - (count_over_time(service:finwatch_failure:timestamp_seconds[29s999ms] offset 10m) or " +
                            changes + " * 0)",
                        {},
                        ""});
  for (const seconds length : {seconds{hours{2}}, seconds{hours{24}}, seconds{hours{72}}})
    rules.calm.push_back(burn(length, "service:finwatch_slo_burn_seconds:sum10m"));
  for (const seconds length : {seconds{hours{24}}, seconds{hours{72}}})
    rules.calm.push_back({"service:finwatch_failures:count" + window(length),
                          "sum_over_time(service:finwatch_failures:sum10m[" + window(length) + "])",
                          {},
                          ""});
}

void add_availability(const Contract& contract, const Zone& zone, SloRules& rules) {
  const std::string tumbling(kTumbling), sample = " * " + std::to_string(kSample.count());
  const std::string total = "service:finwatch_slo_total_seconds", good = "service:finwatch_slo_good_seconds";
  const std::vector<std::pair<std::string, std::string>> all = {{"scope", "all"}}, counted = {{"scope", "counted"}};
  const std::string up = "service:finwatch_up:min" + tumbling;
  rules.calm.push_back(
      {total + ":sum10m", "count_over_time(" + up + ")" + sample, all, "Prometheus' own absence is in neither."});
  rules.calm.push_back({good + ":sum10m", "sum_over_time(" + up + ")" + sample, all, ""});
  // No number would spoil the sums of a year: none where the weight was not recorded.
  const std::string weighted = "(count_over_time(" + up + ")" + sample +
                               " * scalar(avg_over_time(organisation:finwatch_close_window:weight" + tumbling + ")) >= 0)";
  const std::string excluded = "sum_over_time(service:finwatch_excluded:weight" + tumbling + ")" + sample;
  rules.calm.push_back({total + ":sum10m",
                        contract.maintenance.empty() ? weighted : weighted + " - on (service) " + excluded + " or " + weighted,
                        counted, "Maintenance left out, each second as often as the close window says."});
  const std::string counted_total = "sum without (scope) (" + total + ":sum10m{scope=\"counted\"})";
  rules.calm.push_back({good + ":sum10m",
                        counted_total + " - on (service) sum by (service) (sum_over_time(service:finwatch_failure:weight" +
                            tumbling + "))" + sample + " or " + counted_total,
                        counted, ""});
  if (!contract.maintenance.empty())
    rules.calm.push_back({"service:finwatch_maintenance_seconds:sum10m",
                          "count_over_time(service:finwatch_excluded:weight" + tumbling + ")" + sample,
                          {},
                          "Not weighted: the report holds them against the most that the contract allows a month."});
  // Four samples a day, and one a day, so that a month is 120 samples and a year 365.
  for (const std::string& series : {total, good})
    rules.calm.push_back(sum_of(series, "sum6h", "sum10m[5h59m59s999ms]", first_after_each(hours{6}, zone)));
  for (const std::string& series : {total, good})
    rules.calm.push_back(sum_of(series, "sum1d", "sum6h[23h59m59s999ms]", first_after_each(hours{24}, zone)));
  for (const std::string& series : {total, good}) rules.calm.push_back(sum_of(series, "sum30d", "sum6h[30d]", ""));
  rules.calm.push_back({"service:finwatch_availability:ratio30d", good + ":sum30d / " + total + ":sum30d", {}, ""});
  rules.calm.push_back({"service:finwatch_availability:ratio365d",
                        "sum_over_time(" + good + ":sum1d[365d]) / sum_over_time(" + total + ":sum1d[365d])",
                        {},
                        ""});
  const auto month = [](const std::string& series) { return series + ":sum30d{scope=\"counted\"}"; };
  rules.calm.push_back({"service:finwatch_budget_left:ratio30d",
                        "1 - sum without (scope) ((" + month(total) + " - " + month(good) + ") / clamp_min(" + month(total) +
                            ", 2592000)) / (1 - service:finwatch_objective:ratio)",
                        {},
                        "Of a service that is new, the budget is that of 30 days all the same."});
}

void add_latency(const Contract& contract, const Zone& zone, SloRules& rules) {
  const std::string runs = "service:finwatch_latency_runs", good = "service:finwatch_latency_good_runs";
  const auto of_flows = [](const std::string& matchers, const std::string& counter) {
    return "max by (service) (service:finwatch_info{" + matchers + "} * on (flow) group_left () sum by (flow) (increase(" +
           counter + "[10m])))";
  };
  std::set<std::string> limits;
  for (const Service& service : contract.services)
    if (service.latency) limits.insert(bucket_of(service.latency->within));
  if (limits.empty()) return;
  std::string within;
  for (const std::string& limit : limits)
    within.append(within.empty() ? "" : " or ")
        .append(of_flows("within=" + print_text(limit), "finwatch_flow_duration_seconds_bucket{le=" + print_text(limit) + "}"));
  rules.calm.push_back({good + ":sum10m", within, {}, ""});
  rules.calm.push_back(
      {runs + ":sum10m",
       of_flows("within!=\"\"", "finwatch_flow_duration_seconds_count") + " and on (service) " + good + ":sum10m",
       {},
       "Only where the limit is a bucket of the flow's histogram."});
  for (const std::string& series : {runs, good})
    rules.calm.push_back(sum_of(series, "sum6h", "sum10m[5h59m59s999ms]", first_after_each(hours{6}, zone)));
  rules.calm.push_back({"service:finwatch_latency:ratio30d",
                        "sum_over_time(" + good + ":sum6h[30d]) / (sum_over_time(" + runs + ":sum6h[30d]) > 0)",
                        {},
                        ""});
  for (const auto& [length, range] :
       {std::pair{seconds{hours{2}}, ":sum10m[2h])"}, std::pair{seconds{hours{24}}, ":sum6h[1d])"}}) {
    const std::string all = "sum_over_time(" + runs + range;
    rules.calm.push_back(
        {"service:finwatch_latency_slow_runs:sum" + window(length), all + " - sum_over_time(" + good + range, {}, ""});
    rules.calm.push_back({"service:finwatch_latency_burn:ratio" + window(length),
                          "service:finwatch_latency_slow_runs:sum" + window(length) + " / (" + all +
                              " > 0) / on (service) (1 - service:finwatch_latency_objective:ratio)",
                          {},
                          ""});
  }
}

}  // namespace finwatch::rules
