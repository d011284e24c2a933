#include <cstdint>
#include <set>

#include "rules/tool/compile/slo.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

// One for each instance where several must answer.
std::vector<Labels> labels_of(const Measure& measure) {
  if (const auto* flow = std::get_if<ByFlow>(&measure)) return {{{"flow", flow->flow}}};
  if (const auto* database = std::get_if<ByDatabase>(&measure)) return {{{"target", database->target}}};
  const auto& targets = std::get<ByTargets>(measure);
  std::vector<Labels> all;
  for (const std::string& instance : targets.instances) all.push_back({{"instance", instance}, {"job", targets.job}});
  return all;
}

void add_rows(const Service& service, std::vector<SloRule>& rules) {
  Labels common = {{"service", service.id},
                   {"name_zh", service.name.zh},
                   {"name_en", service.name.en},
                   {"fault_class", service.fault_class}};
  if (service.availability) {
    common.emplace_back("availability", print_number(service.availability->objective));
    common.emplace_back("fewest_failures", std::to_string(service.availability->fewest_failures));
  }
  if (service.latency) {
    common.emplace_back("latency", print_number(service.latency->objective));
    common.emplace_back("within", bucket_of(service.latency->within));
  }
  if (service.closed_by) common.emplace_back("book", service.closed_by->book);
  for (const Labels& measure : service.measured_by ? labels_of(*service.measured_by) : std::vector<Labels>{{}}) {
    SloRule row{"service:finwatch_info", "vector(1)", common, ""};
    row.labels.insert(row.labels.end(), measure.begin(), measure.end());
    rules.push_back(std::move(row));
  }
}

// What no service of this contract has is named all the same, and stays empty, which is no label to Prometheus: whoever reads the rows may
// ask for every label, and coverage finds each of them.
void name_all_labels(std::vector<SloRule>& rows) {
  std::set<std::string_view> there;
  for (const SloRule& row : rows)
    for (const auto& [name, value] : row.labels) there.insert(name);
  Labels rest;
  for (const char* name : {"availability", "fewest_failures", "latency", "within", "book", "flow", "target", "instance", "job"})
    if (!there.contains(name)) rest.emplace_back(name, "");
  rows.front().labels.insert(rows.front().labels.end(), rest.begin(), rest.end());
}

// One vector of the figures of all services: most of them promise the same, so that it has few parts.
class Figures {
 public:
  Figures(std::string name, std::string label) : name_(std::move(name)), label_(std::move(label)) {}
  void add(const std::string& figure, const std::string& value) {
    if (!seen_.insert(figure).second) return;
    if (!expression_.empty()) expression_.append(" or ");
    expression_.append("max by (service) (service:finwatch_info{").append(label_).append("=").append(print_text(figure));
    expression_.append("}) * 0 + ").append(value);
  }
  void add_to(std::vector<SloRule>& rules) const {
    if (!expression_.empty()) rules.push_back({name_, expression_, {}, ""});
  }

 private:
  std::string name_, label_, expression_;
  std::set<std::string> seen_;
};

void add_figures(const Contract& contract, std::vector<SloRule>& rules) {
  Figures objectives("service:finwatch_objective:ratio", "availability");
  Figures fewest("service:finwatch_fewest_failures:count", "fewest_failures");
  Figures latencies("service:finwatch_latency_objective:ratio", "latency");
  const auto per_cent = [](double objective) { return print_number(objective) + " / 100"; };
  for (const Service& service : contract.services) {
    if (is_measured(service)) {
      const std::string count = std::to_string(service.availability->fewest_failures);
      objectives.add(print_number(service.availability->objective), per_cent(service.availability->objective));
      fewest.add(count, count);
    }
    if (service.latency) latencies.add(print_number(service.latency->objective), per_cent(service.latency->objective));
  }
  for (const Figures* figures : {&objectives, &fewest, &latencies}) figures->add_to(rules);
}

struct Kinds {
  bool flows = false, databases = false, targets = false;
};

Kinds kinds_of(const Contract& contract) {
  Kinds kinds;
  for (const Service& service : contract.services) {
    if (!is_measured(service)) continue;
    kinds.flows = kinds.flows || std::holds_alternative<ByFlow>(*service.measured_by);
    kinds.databases = kinds.databases || std::holds_alternative<ByDatabase>(*service.measured_by);
    kinds.targets = kinds.targets || std::holds_alternative<ByTargets>(*service.measured_by);
  }
  return kinds;
}

// Of everything that the rows say, so that those of a contract that was changed are told from its own.
std::string revision_of(const std::vector<SloRule>& rows) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a
  const auto add = [&](const std::string& text) {
    for (const char letter : text + '\n') hash = (hash ^ static_cast<unsigned char>(letter)) * 1'099'511'628'211U;
  };
  for (const SloRule& row : rows)
    for (const auto& [name, value] : row.labels) {
      add(name);
      add(value);
    }
  std::string text;
  for (int shift = 60; shift >= 32; shift -= 4) text.push_back("0123456789abcdef"[hash >> shift & 15]);
  return text;
}

// How each service is measured, with what failing costs it: one that is down spends its budget 1 / (1 - objective) times too fast. So a
// row that fails carries all that the windows of the burn rate must know. Rows come from a calm rule, as there is one for each; a slow one
// hands on those of this contract, or those of the one before until this one's have come.
void add_measures(const std::string& revision, SloRules& rules) {
  const std::string rows = "service:finwatch_row:burn";
  rules.calm.push_back(
      {rows,
       "max by (service, fault_class, flow, target, job, instance) (service:finwatch_info{availability!=\"\"}) / "
       "on (service) group_left () (1 - service:finwatch_objective:ratio)",
       {{"revision", revision}},
       ""});
  rules.slow.push_back({"service:finwatch_measure:burn",
                        "max without (revision) (last_over_time(" + rows + "{revision=" + print_text(revision) +
                            "}[25m]) or on () last_over_time(" + rows + "[25m]))",
                        {},
                        "Each service by what it is measured by, and what failing costs it."});
  rules.slow.push_back({"service:finwatch_measure:count", "count by (service) (service:finwatch_measure:burn)", {}, ""});
}

// Rows that no good answer stands for, or that a bad one stands against.
// The last result of a flow is held, also over a restart of the program that runs it, as long as that program plans the next run and
// is not late with it.
constexpr std::string_view kFlowWell =
    "last_over_time(finwatch_flow_success[15m]) == 1 and finwatch_flow_next_run_timestamp_seconds > time() - 600";
constexpr std::string_view kFlowFailed = "finwatch_flow_success == 0";
// The established exporters have no `target`: theirs is the instance.
constexpr std::string_view kDatabases =
    "(finwatch_db_up or on (instance) label_replace(pg_up{target=\"\"} or mysql_up{target=\"\"}, \"target\", \"$1\", "
    "\"instance\", \"(.+)\"))";

SloRule down(const Kinds& kinds) {
  std::string any;
  const auto add = [&](std::string_view label, std::string_view on, const std::string& well, const std::string& failed) {
    any.append(any.empty() ? "" : " or ").append("service:finwatch_measure:burn{").append(label).append("!=\"\"} unless on (");
    any.append(on).append(") (").append(well).append(" unless on (").append(on).append(") ").append(failed).append(")");
  };
  if (kinds.flows) add("flow", "flow", std::string(kFlowWell), std::string(kFlowFailed));
  if (kinds.databases) add("target", "target", std::string(kDatabases) + " == 1", std::string(kDatabases) + " == 0");
  if (kinds.targets) add("job", "job, instance", "up == 1", "up == 0");
  return {"service:finwatch_down:burn", any, {}, "Only what fails, or is not measured: no row, no cost."};
}

SloRule up() {
  return {"service:finwatch_up:min",
          "(service:finwatch_measure:count unless on (service) service:finwatch_down:burn) * 0 + 1 or max by (service) "
          "(service:finwatch_down:burn) * 0",
          {},
          "1 or 0 for every service of the contract: what is not measured is down."};
}

// Of a flow, when the run began that failed, so that a result that is held for minutes is one failure; otherwise each sample is one.
SloRule failure(const Kinds& kinds) {
  std::string any;
  if (kinds.flows)
    any.append(
           "max by (service, fault_class) (service:finwatch_failure:burn * 0 + on (service) group_right () "
           "(service:finwatch_down:burn"
           "{flow!=\"\"} * 0 + on (flow) group_left () max by (flow) (finwatch_flow_last_run_timestamp_seconds and ")
        .append(kFlowFailed)
        .append("))) or ");
  any.append("service:finwatch_failure:burn * 0 + time()");
  return {"service:finwatch_failure:timestamp_seconds", any, {}, "When the measurement was made that says so."};
}

}  // namespace

std::string bucket_of(std::chrono::nanoseconds limit) {
  std::string text = print_number(std::chrono::duration<double>(limit).count());
  if (text.find_first_not_of("0123456789") == std::string::npos) text.append(".0");
  return text;
}

void add_services(const Contract& contract, SloRules& rules) {
  for (const Service& service : contract.services) add_rows(service, rules.calm);
  const std::string revision = revision_of(rules.calm);
  name_all_labels(rules.calm);
  add_figures(contract, rules.calm);
  add_measures(revision, rules);
  rules.fast.push_back(down(kinds_of(contract)));
  rules.fast.push_back(up());
}

void add_failures(const Contract& contract, SloRules& rules) {
  const std::string weight = " * 0 + scalar(organisation:finwatch_close_window:weight)";
  std::string failing = "max by (service, fault_class) (service:finwatch_down:burn)";
  if (!contract.maintenance.empty()) {
    rules.fast.push_back({"service:finwatch_excluded:weight",
                          "(service:finwatch_up:min and on (service) service:finwatch_maintenance:active{service!=\"\"} or "
                          "service:finwatch_up:min and on () service:finwatch_maintenance:active{service=\"\"})" +
                              weight,
                          {},
                          ""});
    failing += " unless on (service) service:finwatch_excluded:weight";
  }
  rules.fast.push_back({"service:finwatch_failure:burn", failing, {}, "Services that are down outside planned maintenance."});
  rules.fast.push_back({"service:finwatch_failure:weight", "service:finwatch_failure:burn" + weight, {}, ""});
  rules.fast.push_back(failure(kinds_of(contract)));
}

}  // namespace finwatch::rules
