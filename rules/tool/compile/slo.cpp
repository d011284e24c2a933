// rules/slo-recordings.rules.yml: what was kept of each promise; tests/slo-recordings.test.yml: that a service that nothing measures is down.
#include "rules/tool/compile/slo.h"

#include <algorithm>
#include <set>

#include "core/json_text.h"
#include "rules/tool/compile/compile.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

constexpr std::string_view kName = "slo-recordings";

void line(std::string& out, std::string_view indent, std::string_view key, std::string_view value) {
  out.append(indent).append(key).append(": ").append(json_text(value)).append("\n");
}

std::string group_name(Speed speed) { return "finwatch-" + std::string(kName) + "-" + std::string(to_string(speed)); }

Status write_group(std::string& out, Speed speed, const std::vector<SloRule>& rules) {
  out.append("  - name: ").append(group_name(speed)).append("\n    interval: ");
  out.append(print_length(interval_of(speed))).append("\n    rules:\n");
  for (const SloRule& rule : rules) {
    if (const Result<Expression> tree = parse_promql(rule.expression); !tree)
      return Error{Errc::internal, "the expression of " + rule.name + ": " + tree.error().message + ": " + rule.expression};
    if (!rule.comment.empty()) out.append("      # ").append(rule.comment).append("\n");
    out.append("      - record: ").append(rule.name).append("\n");
    line(out, "        ", "expr", rule.expression);
    if (!rule.labels.empty()) out.append("        labels:\n");
    for (const auto& [name, value] : rule.labels) line(out, "          ", name, value);
  }
  return ok();
}

// A row that comes twice would stop the whole group.
Status check_instances(const Contract& contract) {
  for (const Service& service : contract.services) {
    const auto* targets = service.measured_by ? std::get_if<ByTargets>(&*service.measured_by) : nullptr;
    std::set<std::string> seen;
    if (targets == nullptr) continue;
    for (const std::string& instance : targets->instances)
      if (!seen.insert(instance).second)
        return Error{Errc::config, service.where.text() + ": the service " + service.id + ": the instance '" + instance +
                                       "' is there twice; take one away"};
  }
  return ok();
}

// What a service is measured by, well for two minutes, in trouble for two, and gone from then on.
void write_series(std::string& out, const Contract& contract) {
  std::set<std::string> series;
  const auto add = [&](const std::string& one, const std::string& values) {
    if (!series.insert(one).second) return;
    line(out, "      - ", "series", one);
    line(out, "        ", "values", values);
  };
  const std::string result = "1x3 0x3 stale";
  for (const Service& service : contract.services) {
    if (!is_measured(service)) continue;
    if (const auto* flow = std::get_if<ByFlow>(&*service.measured_by)) {
      const std::string labels = "{flow=" + print_text(flow->flow) + "}";
      add("finwatch_flow_success" + labels, result);
      add("finwatch_flow_next_run_timestamp_seconds" + labels, "300x7 stale");
      // One run, which began at 2 min.
      add("finwatch_flow_last_run_timestamp_seconds" + labels, "0x3 120x3 stale");
    } else if (const auto* database = std::get_if<ByDatabase>(&*service.measured_by)) {
      add("finwatch_db_up{target=" + print_text(database->target) + "}", result);
    } else {
      const auto& targets = std::get<ByTargets>(*service.measured_by);
      for (const std::string& instance : targets.instances)
        add("up{job=" + print_text(targets.job) + ",instance=" + print_text(instance) + "}",
            instance == targets.instances.back() ? result : "1x20");
    }
  }
}

std::string expectation(const std::string& expression, std::string_view at, const std::string& labels, std::string_view value) {
  std::string out;
  line(out, "      - ", "expr", expression);
  out.append("        eval_time: ").append(at).append("\n        exp_samples:\n");
  line(out, "          - ", "labels", labels);
  return out.append("            value: ").append(value).append("\n");
}

File tests_file(const Contract& contract) {
  std::string out = std::string(kMade) + "rule_files: [" + json_text("../rules/" + std::string(kName) + ".rules.yml") +
                    "]\nevaluation_interval: 30s\ngroup_eval_order: [" + group_name(Speed::calm) + ", " +
                    group_name(Speed::slow) + ", " + group_name(Speed::fast) + "]\ntests:\n";
  line(out, "  - ", "name", "every service: up, down, and down when nothing measures it");
  out.append("    interval: 30s\n    input_series:\n");
  write_series(out, contract);
  out.append("    promql_expr_test:\n");
  const auto measured = static_cast<int>(std::count_if(contract.services.begin(), contract.services.end(), is_measured));
  const std::string count = std::to_string(measured);
  out.append(expectation("count(service:finwatch_up:min == 1)", "1m", "{}", count));
  out.append(expectation("count(service:finwatch_up:min == 0)", "3m", "{}", count));
  out.append(expectation("count(service:finwatch_up:min == 0)", "5m", "{}", count));
  for (const Service& service : contract.services)
    if (is_measured(service)) {
      const std::string labels = "{service=" + print_text(service.id) + "}";
      out.append(expectation("service:finwatch_objective:ratio" + labels, "1m", "service:finwatch_objective:ratio" + labels,
                             print_number(service.availability->objective / 100)));
    }
  return {"tests/" + std::string(kName) + ".test.yml", std::move(out)};
}

}  // namespace

Result<std::vector<File>> compile_slo(const Contract& contract, const std::vector<Area>&) {
  if (std::none_of(contract.services.begin(), contract.services.end(), is_measured)) return std::vector<File>{};
  if (Status status = check_instances(contract); !status) return status.error();
  const Result<Zone> zone = Zone::find(contract.time_zone);
  if (!zone) return Error{Errc::config, contract.where.text() + ": organisation.time_zone: " + zone.error().message};
  SloRules rules;
  add_services(contract, rules);
  add_calendar(contract, *zone, rules);
  add_failures(contract, rules);
  add_burn(rules);
  add_availability(contract, *zone, rules);
  add_latency(contract, *zone, rules);
  std::string out = std::string(kMade) + "# What is recorded, and in which unit: docs/guides/slo.md.\ngroups:\n";
  for (const auto& [speed, group] :
       {std::pair{Speed::fast, &rules.fast}, std::pair{Speed::slow, &rules.slow}, std::pair{Speed::calm, &rules.calm}})
    if (Status status = write_group(out, speed, *group); !status) return status.error();
  return std::vector<File>{{"rules/" + std::string(kName) + ".rules.yml", std::move(out)}, tests_file(contract)};
}

}  // namespace finwatch::rules
