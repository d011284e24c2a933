// prometheus.yml: what is scraped, which rules are worked out, where alerts go, and how an alert comes to know its service.
#include <algorithm>

#include "rules/tool/compile/yaml_text.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

using namespace std::chrono_literals;

// As one text that is meant literally in a regular expression of Prometheus.
std::string literal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string any_of(const std::vector<std::string>& texts) {
  std::string out = "(";
  for (const std::string& text : texts) out.append(out.size() > 1 ? "|" : "").append(literal(text));
  return out + ")";
}

// An alert that has no service yet gets this one when its labels are these.
void give_service(YamlText& yaml, const std::string& service, std::vector<std::string> labels, const std::string& values) {
  labels.insert(labels.begin(), "service");
  yaml.list(2, "- source_labels", labels).text(3, "regex", ";" + values);
  yaml.text(3, "target_label", "service").text(3, "replacement", service);
}

void relabelling(YamlText& yaml, const Contract& contract) {
  if (contract.services.empty()) return;
  yaml.line(1,
            "# An alert learns here which service of the contract it is about. The first that fits; one that knows keeps what "
            "it has.");
  yaml.line(1, "alert_relabel_configs:");
  for (const Service& service : contract.services) {
    if (!service.measured_by) continue;
    if (const auto* flow = std::get_if<ByFlow>(&*service.measured_by))
      give_service(yaml, service.id, {"flow"}, literal(flow->flow));
    else if (const auto* database = std::get_if<ByDatabase>(&*service.measured_by))
      give_service(yaml, service.id, {"target"}, literal(database->target));
    else if (const auto* targets = std::get_if<ByTargets>(&*service.measured_by))
      give_service(yaml, service.id, {"job", "instance"}, literal(targets->job) + ";" + any_of(targets->instances));
  }
  for (const Service& service : contract.services)
    if (service.closed_by) give_service(yaml, service.id, {"book"}, literal(service.closed_by->book));
}

void alerting(YamlText& yaml, const Contract& contract) {
  if (contract.scrape->alertmanagers.empty()) return;
  yaml.line(0, "alerting:");
  relabelling(yaml, contract);
  yaml.line(1, "alertmanagers:").line(2, "- static_configs:").list(4, "- targets", contract.scrape->alertmanagers);
}

void tls(YamlText& yaml, const ScrapeJob& job) {
  if (job.ca_file.empty() && job.cert_file.empty() && job.server_name.empty()) return;
  yaml.line(2, "tls_config:").text_if(3, "ca_file", job.ca_file).text_if(3, "cert_file", job.cert_file);
  yaml.text_if(3, "key_file", job.key_file).text_if(3, "server_name", job.server_name);
}

void scrape_job(YamlText& yaml, const ScrapeJob& job) {
  yaml.text(1, "- job_name", job.id);
  if (job.interval) yaml.length(2, "scrape_interval", *job.interval);
  if (job.timeout) yaml.length(2, "scrape_timeout", *job.timeout);
  yaml.text_if(2, "metrics_path", job.path).text_if(2, "scheme", job.scheme);
  if (!job.params.empty()) yaml.line(2, "params:");
  for (const auto& [name, values] : job.params) yaml.list(3, json_text(name), values);
  if (!job.user.empty()) yaml.line(2, "basic_auth:").text(3, "username", job.user).text(3, "password_file", job.password_file);
  tls(yaml, job);
  const auto labels = [&] {
    if (!job.labels.empty()) yaml.line(4, "labels:");
    for (const auto& [name, value] : job.labels) yaml.text(5, name, value);
  };
  if (!job.targets.empty()) {
    yaml.line(2, "static_configs:").list(3, "- targets", job.targets);
    labels();
  }
  if (!job.files.empty()) yaml.line(2, "file_sd_configs:").list(3, "- files", job.files);
  if (job.through.empty()) return;
  yaml.line(2, "relabel_configs:");
  yaml.line(3, "- {source_labels: [__address__], target_label: __param_target}");
  yaml.line(3, "- {source_labels: [__param_target], target_label: instance}");
  yaml.line(3, "- {target_label: __address__, replacement: " + json_text(job.through) + "}");
}

// What is to be measured must be scraped.
Status check_services(const Contract& contract) {
  for (const Service& service : contract.services) {
    const auto* measured = service.measured_by ? std::get_if<ByTargets>(&*service.measured_by) : nullptr;
    if (measured == nullptr) continue;
    const std::string path = "the service " + service.id + ": measured_by";
    if (Status known = check_known(service.where, path + ".job", "job", measured->job, contract.scrape->jobs); !known)
      return known;
    const ScrapeJob& job = contract.scrape->jobs.at(measured->job);
    if (!job.files.empty()) continue;
    const std::vector<std::string_view> targets(job.targets.begin(), job.targets.end());
    for (const std::string& instance : measured->instances)
      if (Status known = check_known(service.where, path + ".instances", "target of the job", instance, targets); !known)
        return known;
  }
  return ok();
}

}  // namespace

Result<std::vector<File>> compile_scrape(const Contract& contract, const std::vector<Area>&) {
  if (!contract.scrape) return std::vector<File>{};
  if (Status status = check_services(contract); !status) return status.error();
  YamlText yaml;
  yaml.line(0, "global:").length(1, "scrape_interval", contract.scrape->interval);
  yaml.length(1, "scrape_timeout", contract.scrape->timeout).length(1, "evaluation_interval", interval_of(Speed::fast));
  yaml.list(0, "rule_files", {"rules/*.rules.yml"});
  alerting(yaml, contract);
  yaml.line(0, "scrape_configs:");
  for (const auto& [id, job] : contract.scrape->jobs) scrape_job(yaml, job);
  return std::vector{File{"prometheus.yml", yaml.made()}};
}

}  // namespace finwatch::rules
